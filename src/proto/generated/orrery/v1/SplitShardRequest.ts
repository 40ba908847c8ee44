// Original file: proto/orrery/v1/cluster_service.proto

import type { Long } from '@grpc/proto-loader';

export interface SplitShardRequestInit {
  'shardId'?: (number | string | Long);
  /**
   * Last hash of each part but the last, ascending, inside the shard's range; at most 31. Empty: two parts
   * with as many rows each.
   */
  'splitPoints'?: (number)[];
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface SplitShardRequestMessage {
  'shardId': (string);
  /**
   * Last hash of each part but the last, ascending, inside the shard's range; at most 31. Empty: two parts
   * with as many rows each.
   */
  'splitPoints': (number)[];
  'requestId': (string);
  'validateOnly': (boolean);
}
