// Original file: proto/orrery/v1/cluster_service.proto

import type { MoveOptionsInit as _orrery_v1_MoveOptionsInit, MoveOptionsMessage as _orrery_v1_MoveOptionsMessage } from '../../orrery/v1/MoveOptions.ts';

export interface IsolateNamespaceRequestInit {
  /**
   * Empty: `memory_entries`.
   */
  'collection'?: (string);
  'namespace'?: (string);
  /**
   * Node that gets the namespace's shard group; empty: a node that carries little. If it holds the shard
   * group now, the piece is made elsewhere and then moved back.
   */
  'targetNode'?: (string);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
  'options'?: (_orrery_v1_MoveOptionsInit | null);
}

export interface IsolateNamespaceRequestMessage {
  /**
   * Empty: `memory_entries`.
   */
  'collection': (string);
  'namespace': (string);
  /**
   * Node that gets the namespace's shard group; empty: a node that carries little. If it holds the shard
   * group now, the piece is made elsewhere and then moved back.
   */
  'targetNode': (string);
  'requestId': (string);
  'validateOnly': (boolean);
  'options': (_orrery_v1_MoveOptionsMessage | null);
}
