// Original file: proto/orrery/v1/cluster_service.proto

import type { Long } from '@grpc/proto-loader';

export interface ReindexShardRequestInit {
  'shardId'?: (number | string | Long);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
  /**
   * 2-100. Absent: what was asked for the last time, or else as the collection has it; likewise below.
   */
  'm'?: (number);
  /**
   * 4-1,000 and at least 2 m.
   */
  'efConstruction'?: (number);
  '_m'?: "m";
  '_efConstruction'?: "efConstruction";
}

export interface ReindexShardRequestMessage {
  'shardId': (string);
  'requestId': (string);
  'validateOnly': (boolean);
  /**
   * 2-100. Absent: what was asked for the last time, or else as the collection has it; likewise below.
   */
  'm'?: (number);
  /**
   * 4-1,000 and at least 2 m.
   */
  'efConstruction'?: (number);
}
