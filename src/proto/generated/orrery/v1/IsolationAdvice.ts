// Original file: proto/orrery/v1/cluster_service.proto

import type { Long } from '@grpc/proto-loader';

export interface IsolationAdviceInit {
  'collection'?: (string);
  'namespace'?: (string);
  'shardId'?: (number | string | Long);
  'estimatedRows'?: (number | string | Long);
  /**
   * Of the rows of its shard, 0 to 1.
   */
  'share'?: (number | string);
  'reason'?: (string);
}

export interface IsolationAdviceMessage {
  'collection': (string);
  'namespace': (string);
  'shardId': (string);
  'estimatedRows': (string);
  /**
   * Of the rows of its shard, 0 to 1.
   */
  'share': (number);
  'reason': (string);
}
