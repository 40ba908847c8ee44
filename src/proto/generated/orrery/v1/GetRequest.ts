// Original file: proto/orrery/v1/vector_service.proto

import type { RecordRefInit as _orrery_v1_RecordRefInit, RecordRefMessage as _orrery_v1_RecordRefMessage } from '../../orrery/v1/RecordRef.ts';

export interface GetRequestInit {
  /**
   * Empty: `memory_entries`.
   */
  'collection'?: (string);
  /**
   * 1-1,000.
   */
  'records'?: (_orrery_v1_RecordRefInit)[];
  /**
   * Default true.
   */
  'includeValue'?: (boolean);
  /**
   * Default true.
   */
  'includeMetadata'?: (boolean);
  /**
   * Default false.
   */
  'includeVector'?: (boolean);
  '_includeValue'?: "includeValue";
  '_includeMetadata'?: "includeMetadata";
  '_includeVector'?: "includeVector";
}

export interface GetRequestMessage {
  /**
   * Empty: `memory_entries`.
   */
  'collection': (string);
  /**
   * 1-1,000.
   */
  'records': (_orrery_v1_RecordRefMessage)[];
  /**
   * Default true.
   */
  'includeValue'?: (boolean);
  /**
   * Default true.
   */
  'includeMetadata'?: (boolean);
  /**
   * Default false.
   */
  'includeVector'?: (boolean);
}
