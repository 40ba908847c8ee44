// Original file: proto/orrery/v1/vector_service.proto

import type { RecordResultInit as _orrery_v1_RecordResultInit, RecordResultMessage as _orrery_v1_RecordResultMessage } from '../../orrery/v1/RecordResult.ts';

/**
 * That the call is OK does not mean that records were applied: each result has a status of its own.
 */
export interface UpsertResponseInit {
  /**
   * In the order of the request.
   */
  'results'?: (_orrery_v1_RecordResultInit)[];
}

/**
 * That the call is OK does not mean that records were applied: each result has a status of its own.
 */
export interface UpsertResponseMessage {
  /**
   * In the order of the request.
   */
  'results': (_orrery_v1_RecordResultMessage)[];
}
