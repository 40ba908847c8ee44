// Original file: proto/orrery/v1/cluster_service.proto

import type { Long } from '@grpc/proto-loader';

export interface ShardCountAdviceInit {
  'collection'?: (string);
  'shardCount'?: (number);
  /**
   * max(4, rows / 3,000,000 + 1).
   */
  'advised'?: (number);
  'estimatedRows'?: (number | string | Long);
  'reason'?: (string);
}

export interface ShardCountAdviceMessage {
  'collection': (string);
  'shardCount': (number);
  /**
   * max(4, rows / 3,000,000 + 1).
   */
  'advised': (number);
  'estimatedRows': (string);
  'reason': (string);
}
