// Original file: proto/orrery/v1/vector_service.proto

import type { SearchRequestInit as _orrery_v1_SearchRequestInit, SearchRequestMessage as _orrery_v1_SearchRequestMessage } from '../../orrery/v1/SearchRequest.ts';
import type { VectorInit as _orrery_v1_VectorInit, VectorMessage as _orrery_v1_VectorMessage } from '../../orrery/v1/Vector.ts';

export interface MeasureRecallRequestInit {
  /**
   * What is searched, and how: its query, min_similarity and includes do not count. top_k is at most 100, and
   * params must not be exact. Each of its namespaces, at most 100, is measured by itself.
   */
  'search'?: (_orrery_v1_SearchRequestInit | null);
  /**
   * Queries, at most 200. Without any, stored vectors are taken, moved into random directions by half the
   * distance to their nearest neighbor; the record itself does not count.
   */
  'vectors'?: (_orrery_v1_VectorInit)[];
  /**
   * How many stored vectors of each namespace, or of all, 1-200, default 25.
   */
  'samples'?: (number);
  /**
   * After so long no further query begins, 100-60,000, default 5,000.
   */
  'maxMs'?: (number);
  '_samples'?: "samples";
  '_maxMs'?: "maxMs";
}

export interface MeasureRecallRequestMessage {
  /**
   * What is searched, and how: its query, min_similarity and includes do not count. top_k is at most 100, and
   * params must not be exact. Each of its namespaces, at most 100, is measured by itself.
   */
  'search': (_orrery_v1_SearchRequestMessage | null);
  /**
   * Queries, at most 200. Without any, stored vectors are taken, moved into random directions by half the
   * distance to their nearest neighbor; the record itself does not count.
   */
  'vectors': (_orrery_v1_VectorMessage)[];
  /**
   * How many stored vectors of each namespace, or of all, 1-200, default 25.
   */
  'samples'?: (number);
  /**
   * After so long no further query begins, 100-60,000, default 5,000.
   */
  'maxMs'?: (number);
}
