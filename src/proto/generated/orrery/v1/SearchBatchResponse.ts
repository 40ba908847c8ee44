// Original file: proto/orrery/v1/vector_service.proto

import type { SearchBatchResultInit as _orrery_v1_SearchBatchResultInit, SearchBatchResultMessage as _orrery_v1_SearchBatchResultMessage } from '../../orrery/v1/SearchBatchResult.ts';

export interface SearchBatchResponseInit {
  'results'?: (_orrery_v1_SearchBatchResultInit)[];
}

export interface SearchBatchResponseMessage {
  'results': (_orrery_v1_SearchBatchResultMessage)[];
}
