// Original file: proto/orrery/v1/vector_service.proto

import type { StatusInit as _google_rpc_StatusInit, StatusMessage as _google_rpc_StatusMessage } from '../../google/rpc/Status.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * One hash range that did not answer.
 */
export interface TargetFailureInit {
  'shardId'?: (number | string | Long);
  /**
   * The namespaces asked of it; empty when all were.
   */
  'namespaces'?: (string)[];
  'status'?: (_google_rpc_StatusInit | null);
}

/**
 * One hash range that did not answer.
 */
export interface TargetFailureMessage {
  'shardId': (string);
  /**
   * The namespaces asked of it; empty when all were.
   */
  'namespaces': (string)[];
  'status': (_google_rpc_StatusMessage | null);
}
