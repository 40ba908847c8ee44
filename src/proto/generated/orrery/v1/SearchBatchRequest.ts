// Original file: proto/orrery/v1/vector_service.proto

import type { SearchRequestInit as _orrery_v1_SearchRequestInit, SearchRequestMessage as _orrery_v1_SearchRequestMessage } from '../../orrery/v1/SearchRequest.ts';

export interface SearchBatchRequestInit {
  /**
   * 1-100.
   */
  'requests'?: (_orrery_v1_SearchRequestInit)[];
}

export interface SearchBatchRequestMessage {
  /**
   * 1-100.
   */
  'requests': (_orrery_v1_SearchRequestMessage)[];
}
