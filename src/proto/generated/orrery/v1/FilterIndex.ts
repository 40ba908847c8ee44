// Original file: proto/orrery/v1/collection_service.proto

import type { FilterFieldInit as _orrery_v1_FilterFieldInit, FilterFieldMessage as _orrery_v1_FilterFieldMessage } from '../../orrery/v1/FilterField.ts';
import type { FilterInit as _orrery_v1_FilterInit, FilterMessage as _orrery_v1_FilterMessage } from '../../orrery/v1/Filter.ts';

/**
 * An index by which filters on metadata find records of a namespace. It has the records in the order of the
 * first field, those with the same value there in the order of the second, and so on: a filter uses it that
 * compares the first one, and of each further one if it gives the fields before it by COMPARE_OP_EQ or
 * COMPARE_OP_IN.
 */
export interface FilterIndexInit {
  /**
   * 1-63 bytes of UTF-8 without control characters, other than those of the collection's other filter
   * indexes. Empty at creation: the paths, with a comma in between, if that is not too long.
   */
  'name'?: (string);
  /**
   * 1-8.
   */
  'fields'?: (_orrery_v1_FilterFieldInit)[];
  /**
   * Only records that it holds for are in the index, which is used by filters that have, within an `and` or
   * alone, all conditions of this one in the same words.
   */
  'where'?: (_orrery_v1_FilterInit | null);
}

/**
 * An index by which filters on metadata find records of a namespace. It has the records in the order of the
 * first field, those with the same value there in the order of the second, and so on: a filter uses it that
 * compares the first one, and of each further one if it gives the fields before it by COMPARE_OP_EQ or
 * COMPARE_OP_IN.
 */
export interface FilterIndexMessage {
  /**
   * 1-63 bytes of UTF-8 without control characters, other than those of the collection's other filter
   * indexes. Empty at creation: the paths, with a comma in between, if that is not too long.
   */
  'name': (string);
  /**
   * 1-8.
   */
  'fields': (_orrery_v1_FilterFieldMessage)[];
  /**
   * Only records that it holds for are in the index, which is used by filters that have, within an `and` or
   * alone, all conditions of this one in the same words.
   */
  'where': (_orrery_v1_FilterMessage | null);
}
