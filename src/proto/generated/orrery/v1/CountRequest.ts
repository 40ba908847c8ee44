// Original file: proto/orrery/v1/vector_service.proto

import type { FilterInit as _orrery_v1_FilterInit, FilterMessage as _orrery_v1_FilterMessage } from '../../orrery/v1/Filter.ts';

export interface CountRequestInit {
  /**
   * Empty: `memory_entries`.
   */
  'collection'?: (string);
  /**
   * 1-1,000 names. Either this or all_namespaces.
   */
  'namespaces'?: (string)[];
  'allNamespaces'?: (boolean);
  /**
   * Only records that it holds for; they are always counted.
   */
  'filter'?: (_orrery_v1_FilterInit | null);
}

export interface CountRequestMessage {
  /**
   * Empty: `memory_entries`.
   */
  'collection': (string);
  /**
   * 1-1,000 names. Either this or all_namespaces.
   */
  'namespaces': (string)[];
  'allNamespaces': (boolean);
  /**
   * Only records that it holds for; they are always counted.
   */
  'filter': (_orrery_v1_FilterMessage | null);
}
