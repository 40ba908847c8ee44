// Original file: proto/orrery/v1/vector_service.proto

import type { RecordInit as _orrery_v1_RecordInit, RecordMessage as _orrery_v1_RecordMessage } from '../../orrery/v1/Record.ts';

export interface ListResponseInit {
  /**
   * By the bytes of the key.
   */
  'records'?: (_orrery_v1_RecordInit)[];
  /**
   * Empty on the last page.
   */
  'nextPageToken'?: (string);
}

export interface ListResponseMessage {
  /**
   * By the bytes of the key.
   */
  'records': (_orrery_v1_RecordMessage)[];
  /**
   * Empty on the last page.
   */
  'nextPageToken': (string);
}
