// Original file: proto/orrery/v1/collection_service.proto

/**
 * Which values of a field are in an index. Values of other types stay readable, filters find them without it.
 */
export const FieldType = {
  FIELD_TYPE_UNSPECIFIED: 'FIELD_TYPE_UNSPECIFIED',
  /**
   * Of longer texts the first 64 characters.
   */
  FIELD_TYPE_STRING: 'FIELD_TYPE_STRING',
  FIELD_TYPE_NUMBER: 'FIELD_TYPE_NUMBER',
  FIELD_TYPE_BOOL: 'FIELD_TYPE_BOOL',
  /**
   * Texts as RFC 3339 in UTC has them, such as 2026-01-31T12:00:00Z. They compare as texts do, so all values
   * should have the same number of digits.
   */
  FIELD_TYPE_TIME: 'FIELD_TYPE_TIME',
} as const;

/**
 * Which values of a field are in an index. Values of other types stay readable, filters find them without it.
 */
export type FieldTypeInit =
  | 'FIELD_TYPE_UNSPECIFIED'
  | 0
  /**
   * Of longer texts the first 64 characters.
   */
  | 'FIELD_TYPE_STRING'
  | 1
  | 'FIELD_TYPE_NUMBER'
  | 2
  | 'FIELD_TYPE_BOOL'
  | 3
  /**
   * Texts as RFC 3339 in UTC has them, such as 2026-01-31T12:00:00Z. They compare as texts do, so all values
   * should have the same number of digits.
   */
  | 'FIELD_TYPE_TIME'
  | 4

/**
 * Which values of a field are in an index. Values of other types stay readable, filters find them without it.
 */
export type FieldTypeMessage = typeof FieldType[keyof typeof FieldType]
