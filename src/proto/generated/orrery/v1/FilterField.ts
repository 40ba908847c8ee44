// Original file: proto/orrery/v1/collection_service.proto

import type { FieldTypeInit as _orrery_v1_FieldTypeInit, FieldTypeMessage as _orrery_v1_FieldTypeMessage } from '../../orrery/v1/FieldType.ts';

export interface FilterFieldInit {
  /**
   * As Filter.Compare.path.
   */
  'path'?: (string);
  'type'?: (_orrery_v1_FieldTypeInit);
}

export interface FilterFieldMessage {
  /**
   * As Filter.Compare.path.
   */
  'path': (string);
  'type': (_orrery_v1_FieldTypeMessage);
}
