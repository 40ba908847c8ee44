// Original file: proto/orrery/v1/cluster_service.proto

import type { MoveOptionsInit as _orrery_v1_MoveOptionsInit, MoveOptionsMessage as _orrery_v1_MoveOptionsMessage } from '../../orrery/v1/MoveOptions.ts';
import type { Long } from '@grpc/proto-loader';

export interface MoveShardRequestInit {
  'shardId'?: (number | string | Long);
  /**
   * Node that gets the shard group.
   */
  'targetNode'?: (string);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
  'options'?: (_orrery_v1_MoveOptionsInit | null);
}

export interface MoveShardRequestMessage {
  'shardId': (string);
  /**
   * Node that gets the shard group.
   */
  'targetNode': (string);
  'requestId': (string);
  'validateOnly': (boolean);
  'options': (_orrery_v1_MoveOptionsMessage | null);
}
