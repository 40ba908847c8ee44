// Original file: proto/orrery/v1/vector_service.proto

import type { FilterInit as _orrery_v1_FilterInit, FilterMessage as _orrery_v1_FilterMessage } from '../../orrery/v1/Filter.ts';

export interface ListRequestInit {
  /**
   * Empty: `memory_entries`.
   */
  'collection'?: (string);
  'namespace'?: (string);
  /**
   * 1-1,000; 0 means 100.
   */
  'pageSize'?: (number);
  'pageToken'?: (string);
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
  /**
   * Only records that it holds for. A page token goes on with the same filter only.
   */
  'filter'?: (_orrery_v1_FilterInit | null);
  '_includeValue'?: "includeValue";
  '_includeMetadata'?: "includeMetadata";
  '_includeVector'?: "includeVector";
}

export interface ListRequestMessage {
  /**
   * Empty: `memory_entries`.
   */
  'collection': (string);
  'namespace': (string);
  /**
   * 1-1,000; 0 means 100.
   */
  'pageSize': (number);
  'pageToken': (string);
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
  /**
   * Only records that it holds for. A page token goes on with the same filter only.
   */
  'filter': (_orrery_v1_FilterMessage | null);
}
