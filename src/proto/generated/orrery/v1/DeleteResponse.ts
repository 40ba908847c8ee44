// Original file: proto/orrery/v1/vector_service.proto

import type { RecordResultInit as _orrery_v1_RecordResultInit, RecordResultMessage as _orrery_v1_RecordResultMessage } from '../../orrery/v1/RecordResult.ts';

/**
 * That the call is OK does not mean that records were deleted: each result has a status of its own.
 */
export interface DeleteResponseInit {
  /**
   * In the order of the request; NOT_FOUND for a record that was not there.
   */
  'results'?: (_orrery_v1_RecordResultInit)[];
}

/**
 * That the call is OK does not mean that records were deleted: each result has a status of its own.
 */
export interface DeleteResponseMessage {
  /**
   * In the order of the request; NOT_FOUND for a record that was not there.
   */
  'results': (_orrery_v1_RecordResultMessage)[];
}
