// Original file: proto/orrery/v1/vector_service.proto

import type { RecordInit as _orrery_v1_RecordInit, RecordMessage as _orrery_v1_RecordMessage } from '../../orrery/v1/Record.ts';
import type { WriteModeInit as _orrery_v1_WriteModeInit, WriteModeMessage as _orrery_v1_WriteModeMessage } from '../../orrery/v1/WriteMode.ts';

export interface UpsertRequestInit {
  /**
   * Empty: `memory_entries`.
   */
  'collection'?: (string);
  /**
   * 1-1,000, each key once.
   */
  'records'?: (_orrery_v1_RecordInit)[];
  'mode'?: (_orrery_v1_WriteModeInit);
}

export interface UpsertRequestMessage {
  /**
   * Empty: `memory_entries`.
   */
  'collection': (string);
  /**
   * 1-1,000, each key once.
   */
  'records': (_orrery_v1_RecordMessage)[];
  'mode': (_orrery_v1_WriteModeMessage);
}
