// Original file: proto/orrery/v1/vector_service.proto

import type { Long } from '@grpc/proto-loader';

export interface CountResponseInit {
  'count'?: (number | string | Long);
  /**
   * False when it is PostgreSQL's estimate: all namespaces of a collection too large to count in a call.
   */
  'exact'?: (boolean);
}

export interface CountResponseMessage {
  'count': (string);
  /**
   * False when it is PostgreSQL's estimate: all namespaces of a collection too large to count in a call.
   */
  'exact': (boolean);
}
