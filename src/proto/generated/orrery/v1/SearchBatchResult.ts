// Original file: proto/orrery/v1/vector_service.proto

import type { SearchResponseInit as _orrery_v1_SearchResponseInit, SearchResponseMessage as _orrery_v1_SearchResponseMessage } from '../../orrery/v1/SearchResponse.ts';
import type { StatusInit as _google_rpc_StatusInit, StatusMessage as _google_rpc_StatusMessage } from '../../google/rpc/Status.ts';

export interface SearchBatchResultInit {
  'response'?: (_orrery_v1_SearchResponseInit | null);
  'error'?: (_google_rpc_StatusInit | null);
  'result'?: "response"|"error";
}

export interface SearchBatchResultMessage {
  'response'?: (_orrery_v1_SearchResponseMessage | null);
  'error'?: (_google_rpc_StatusMessage | null);
}
