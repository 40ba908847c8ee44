// Original file: proto/orrery/v1/vector_service.proto

import type { RecordResultInit as _orrery_v1_RecordResultInit, RecordResultMessage as _orrery_v1_RecordResultMessage } from '../../orrery/v1/RecordResult.ts';

export interface UpsertResponseInit {
  /**
   * In the order of the request.
   */
  'results'?: (_orrery_v1_RecordResultInit)[];
}

export interface UpsertResponseMessage {
  /**
   * In the order of the request.
   */
  'results': (_orrery_v1_RecordResultMessage)[];
}
