// Original file: proto/orrery/v1/vector_service.proto

import type { VectorInit as _orrery_v1_VectorInit, VectorMessage as _orrery_v1_VectorMessage } from '../../orrery/v1/Vector.ts';
import type { RecordRefInit as _orrery_v1_RecordRefInit, RecordRefMessage as _orrery_v1_RecordRefMessage } from '../../orrery/v1/RecordRef.ts';
import type { SearchParamsInit as _orrery_v1_SearchParamsInit, SearchParamsMessage as _orrery_v1_SearchParamsMessage } from '../../orrery/v1/SearchParams.ts';
import type { FilterInit as _orrery_v1_FilterInit, FilterMessage as _orrery_v1_FilterMessage } from '../../orrery/v1/Filter.ts';

export interface SearchRequestInit {
  /**
   * Empty: `memory_entries`.
   */
  'collection'?: (string);
  /**
   * 1-1,000 names; a namespace without records adds nothing. Either this or all_namespaces.
   */
  'namespaces'?: (string)[];
  'allNamespaces'?: (boolean);
  'vector'?: (_orrery_v1_VectorInit | null);
  /**
   * The vector stored with this record ("like this one"). The record itself is among the hits when in
   * scope.
   */
  'record'?: (_orrery_v1_RecordRefInit | null);
  /**
   * 1-1,000, default 10.
   */
  'topK'?: (number);
  /**
   * Leaves out hits below it: -1 to 1 with METRIC_COSINE, any finite number otherwise. Applied to the top_k
   * found, so it never makes a search slower.
   */
  'minSimilarity'?: (number | string);
  'params'?: (_orrery_v1_SearchParamsInit | null);
  /**
   * Answer with what was found when a shard does not answer, and say what is missing. Otherwise that fails
   * the call.
   */
  'allowPartial'?: (boolean);
  /**
   * Default true: value and tags.
   */
  'includeValue'?: (boolean);
  /**
   * Default false.
   */
  'includeMetadata'?: (boolean);
  /**
   * Default false.
   */
  'includeVector'?: (boolean);
  'includeProfile'?: (boolean);
  /**
   * Only records that it holds for.
   */
  'filter'?: (_orrery_v1_FilterInit | null);
  'query'?: "vector"|"record";
  '_topK'?: "topK";
  '_minSimilarity'?: "minSimilarity";
  '_includeValue'?: "includeValue";
  '_includeMetadata'?: "includeMetadata";
  '_includeVector'?: "includeVector";
}

export interface SearchRequestMessage {
  /**
   * Empty: `memory_entries`.
   */
  'collection': (string);
  /**
   * 1-1,000 names; a namespace without records adds nothing. Either this or all_namespaces.
   */
  'namespaces': (string)[];
  'allNamespaces': (boolean);
  'vector'?: (_orrery_v1_VectorMessage | null);
  /**
   * The vector stored with this record ("like this one"). The record itself is among the hits when in
   * scope.
   */
  'record'?: (_orrery_v1_RecordRefMessage | null);
  /**
   * 1-1,000, default 10.
   */
  'topK'?: (number);
  /**
   * Leaves out hits below it: -1 to 1 with METRIC_COSINE, any finite number otherwise. Applied to the top_k
   * found, so it never makes a search slower.
   */
  'minSimilarity'?: (number);
  'params': (_orrery_v1_SearchParamsMessage | null);
  /**
   * Answer with what was found when a shard does not answer, and say what is missing. Otherwise that fails
   * the call.
   */
  'allowPartial': (boolean);
  /**
   * Default true: value and tags.
   */
  'includeValue'?: (boolean);
  /**
   * Default false.
   */
  'includeMetadata'?: (boolean);
  /**
   * Default false.
   */
  'includeVector'?: (boolean);
  'includeProfile': (boolean);
  /**
   * Only records that it holds for.
   */
  'filter': (_orrery_v1_FilterMessage | null);
}
