// Original file: proto/orrery/v1/cluster_service.proto

import type { ShardInit as _orrery_v1_ShardInit, ShardMessage as _orrery_v1_ShardMessage } from '../../orrery/v1/Shard.ts';

export interface ListShardsResponseInit {
  /**
   * By collection and hash range.
   */
  'shards'?: (_orrery_v1_ShardInit)[];
  /**
   * Empty on the last page.
   */
  'nextPageToken'?: (string);
}

export interface ListShardsResponseMessage {
  /**
   * By collection and hash range.
   */
  'shards': (_orrery_v1_ShardMessage)[];
  /**
   * Empty on the last page.
   */
  'nextPageToken': (string);
}
