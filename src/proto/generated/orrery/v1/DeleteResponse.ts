// Original file: proto/orrery/v1/vector_service.proto

import type { RecordResultInit as _orrery_v1_RecordResultInit, RecordResultMessage as _orrery_v1_RecordResultMessage } from '../../orrery/v1/RecordResult.ts';

export interface DeleteResponseInit {
  /**
   * In the order of the request; NOT_FOUND for a record that was not there.
   */
  'results'?: (_orrery_v1_RecordResultInit)[];
}

export interface DeleteResponseMessage {
  /**
   * In the order of the request; NOT_FOUND for a record that was not there.
   */
  'results': (_orrery_v1_RecordResultMessage)[];
}
