// Original file: proto/orrery/v1/vector_service.proto

import type { RecordRefInit as _orrery_v1_RecordRefInit, RecordRefMessage as _orrery_v1_RecordRefMessage } from '../../orrery/v1/RecordRef.ts';

export interface DeleteRequestInit {
  /**
   * Empty: `memory_entries`.
   */
  'collection'?: (string);
  /**
   * 1-1,000, each key once.
   */
  'records'?: (_orrery_v1_RecordRefInit)[];
}

export interface DeleteRequestMessage {
  /**
   * Empty: `memory_entries`.
   */
  'collection': (string);
  /**
   * 1-1,000, each key once.
   */
  'records': (_orrery_v1_RecordRefMessage)[];
}
