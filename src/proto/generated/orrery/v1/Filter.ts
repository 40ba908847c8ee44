// Original file: proto/orrery/v1/filter.proto

import type { FilterInit as _orrery_v1_FilterInit, FilterMessage as _orrery_v1_FilterMessage } from '../../orrery/v1/Filter.ts';
import type { CompareOpInit as _orrery_v1_CompareOpInit, CompareOpMessage as _orrery_v1_CompareOpMessage } from '../../orrery/v1/CompareOp.ts';
import type { ValueInit as _google_protobuf_ValueInit, ValueMessage as _google_protobuf_ValueMessage } from '../../google/protobuf/Value.ts';
import type { TimeFieldInit as _orrery_v1_TimeFieldInit, TimeFieldMessage as _orrery_v1_TimeFieldMessage } from '../../orrery/v1/TimeField.ts';
import type { TimestampInit as _google_protobuf_TimestampInit, TimestampMessage as _google_protobuf_TimestampMessage } from '../../google/protobuf/Timestamp.ts';

/**
 * One value in the metadata.
 */
export interface _orrery_v1_Filter_CompareInit {
  /**
   * Names of fields from the outside in, with dots in between, as in `author.name`; a dot or backslash in a
   * name has a backslash before it. A number names an item of a list, from 0. At most 16 names.
   */
  'path'?: (string);
  'op'?: (_orrery_v1_CompareOpInit);
  /**
   * A text, a finite number or a bool; of COMPARE_OP_IN a list of 1-1,000 of them; of COMPARE_OP_EXISTS
   * none.
   */
  'value'?: (_google_protobuf_ValueInit | null);
}

/**
 * One value in the metadata.
 */
export interface _orrery_v1_Filter_CompareMessage {
  /**
   * Names of fields from the outside in, with dots in between, as in `author.name`; a dot or backslash in a
   * name has a backslash before it. A number names an item of a list, from 0. At most 16 names.
   */
  'path': (string);
  'op': (_orrery_v1_CompareOpMessage);
  /**
   * A text, a finite number or a bool; of COMPARE_OP_IN a list of 1-1,000 of them; of COMPARE_OP_EXISTS
   * none.
   */
  'value': (_google_protobuf_ValueMessage | null);
}

export interface _orrery_v1_Filter_FiltersInit {
  'filters'?: (_orrery_v1_FilterInit)[];
}

export interface _orrery_v1_Filter_FiltersMessage {
  'filters': (_orrery_v1_FilterMessage)[];
}

/**
 * Either `any` or `all`, 1-64 tags.
 */
export interface _orrery_v1_Filter_TagsInit {
  /**
   * The record has one of them.
   */
  'any'?: (string)[];
  /**
   * The record has all of them.
   */
  'all'?: (string)[];
}

/**
 * Either `any` or `all`, 1-64 tags.
 */
export interface _orrery_v1_Filter_TagsMessage {
  /**
   * The record has one of them.
   */
  'any': (string)[];
  /**
   * The record has all of them.
   */
  'all': (string)[];
}

/**
 * One or both ends.
 */
export interface _orrery_v1_Filter_TimeRangeInit {
  'field'?: (_orrery_v1_TimeFieldInit);
  /**
   * Earliest, itself included.
   */
  'from'?: (_google_protobuf_TimestampInit | null);
  /**
   * Latest, itself not included.
   */
  'until'?: (_google_protobuf_TimestampInit | null);
}

/**
 * One or both ends.
 */
export interface _orrery_v1_Filter_TimeRangeMessage {
  'field': (_orrery_v1_TimeFieldMessage);
  /**
   * Earliest, itself included.
   */
  'from': (_google_protobuf_TimestampMessage | null);
  /**
   * Latest, itself not included.
   */
  'until': (_google_protobuf_TimestampMessage | null);
}

/**
 * Which records a request is about. A condition holds, does not hold, or is unknown: a metadata path that a
 * record does not have is unknown to every condition but COMPARE_OP_EXISTS, and so is a value of another type
 * to those that order or look into it. `not` of unknown is unknown, and a record counts only where the whole
 * filter holds. So `not (year > 2000)` finds records whose year is a number of at most 2000, and none without
 * a year.
 * 
 * At most 100 conditions, nested at most 16 deep.
 */
export interface FilterInit {
  /**
   * All of them hold; 1 or more.
   */
  'and'?: (_orrery_v1_Filter_FiltersInit | null);
  /**
   * One of them holds; 1 or more.
   */
  'or'?: (_orrery_v1_Filter_FiltersInit | null);
  'not'?: (_orrery_v1_FilterInit | null);
  'compare'?: (_orrery_v1_Filter_CompareInit | null);
  'tags'?: (_orrery_v1_Filter_TagsInit | null);
  'time'?: (_orrery_v1_Filter_TimeRangeInit | null);
  /**
   * The key begins with this text, at most 1,024 bytes.
   */
  'keyPrefix'?: (string);
  'condition'?: "and"|"or"|"not"|"compare"|"tags"|"time"|"keyPrefix";
}

/**
 * Which records a request is about. A condition holds, does not hold, or is unknown: a metadata path that a
 * record does not have is unknown to every condition but COMPARE_OP_EXISTS, and so is a value of another type
 * to those that order or look into it. `not` of unknown is unknown, and a record counts only where the whole
 * filter holds. So `not (year > 2000)` finds records whose year is a number of at most 2000, and none without
 * a year.
 * 
 * At most 100 conditions, nested at most 16 deep.
 */
export interface FilterMessage {
  /**
   * All of them hold; 1 or more.
   */
  'and'?: (_orrery_v1_Filter_FiltersMessage | null);
  /**
   * One of them holds; 1 or more.
   */
  'or'?: (_orrery_v1_Filter_FiltersMessage | null);
  'not'?: (_orrery_v1_FilterMessage | null);
  'compare'?: (_orrery_v1_Filter_CompareMessage | null);
  'tags'?: (_orrery_v1_Filter_TagsMessage | null);
  'time'?: (_orrery_v1_Filter_TimeRangeMessage | null);
  /**
   * The key begins with this text, at most 1,024 bytes.
   */
  'keyPrefix'?: (string);
}
