// Original file: proto/orrery/v1/cluster_service.proto

import type { NodeInit as _orrery_v1_NodeInit, NodeMessage as _orrery_v1_NodeMessage } from '../../orrery/v1/Node.ts';
import type { ShardInit as _orrery_v1_ShardInit, ShardMessage as _orrery_v1_ShardMessage } from '../../orrery/v1/Shard.ts';
import type { Long } from '@grpc/proto-loader';

export interface ShardMapInit {
  /**
   * Grows with each publication; 0 when this map was read from the catalogs and never published.
   */
  'epoch'?: (number | string | Long);
  'clusterId'?: (string);
  'nodes'?: (_orrery_v1_NodeInit)[];
  'shards'?: (_orrery_v1_ShardInit)[];
}

export interface ShardMapMessage {
  /**
   * Grows with each publication; 0 when this map was read from the catalogs and never published.
   */
  'epoch': (string);
  'clusterId': (string);
  'nodes': (_orrery_v1_NodeMessage)[];
  'shards': (_orrery_v1_ShardMessage)[];
}
