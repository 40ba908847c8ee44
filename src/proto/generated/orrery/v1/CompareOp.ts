// Original file: proto/orrery/v1/filter.proto

export const CompareOp = {
  COMPARE_OP_UNSPECIFIED: 'COMPARE_OP_UNSPECIFIED',
  /**
   * The same type and value; 1 and 1.0 are the same.
   */
  COMPARE_OP_EQ: 'COMPARE_OP_EQ',
  /**
   * There is a value, and it is another one, of this type or another.
   */
  COMPARE_OP_NE: 'COMPARE_OP_NE',
  /**
   * Equal to one of a list.
   */
  COMPARE_OP_IN: 'COMPARE_OP_IN',
  /**
   * Order: numbers by value, texts by the bytes of their UTF-8. Unknown where the stored value has another
   * type than the given one.
   */
  COMPARE_OP_GT: 'COMPARE_OP_GT',
  COMPARE_OP_GTE: 'COMPARE_OP_GTE',
  COMPARE_OP_LT: 'COMPARE_OP_LT',
  COMPARE_OP_LTE: 'COMPARE_OP_LTE',
  /**
   * There is a value, which may be null.
   */
  COMPARE_OP_EXISTS: 'COMPARE_OP_EXISTS',
  /**
   * The stored value is a list with this item. Unknown where it is no list.
   */
  COMPARE_OP_CONTAINS: 'COMPARE_OP_CONTAINS',
  /**
   * The stored text begins with the given one. Unknown where it is no text.
   */
  COMPARE_OP_PREFIX: 'COMPARE_OP_PREFIX',
} as const;

export type CompareOpInit =
  | 'COMPARE_OP_UNSPECIFIED'
  | 0
  /**
   * The same type and value; 1 and 1.0 are the same.
   */
  | 'COMPARE_OP_EQ'
  | 1
  /**
   * There is a value, and it is another one, of this type or another.
   */
  | 'COMPARE_OP_NE'
  | 2
  /**
   * Equal to one of a list.
   */
  | 'COMPARE_OP_IN'
  | 3
  /**
   * Order: numbers by value, texts by the bytes of their UTF-8. Unknown where the stored value has another
   * type than the given one.
   */
  | 'COMPARE_OP_GT'
  | 4
  | 'COMPARE_OP_GTE'
  | 5
  | 'COMPARE_OP_LT'
  | 6
  | 'COMPARE_OP_LTE'
  | 7
  /**
   * There is a value, which may be null.
   */
  | 'COMPARE_OP_EXISTS'
  | 8
  /**
   * The stored value is a list with this item. Unknown where it is no list.
   */
  | 'COMPARE_OP_CONTAINS'
  | 9
  /**
   * The stored text begins with the given one. Unknown where it is no text.
   */
  | 'COMPARE_OP_PREFIX'
  | 10

export type CompareOpMessage = typeof CompareOp[keyof typeof CompareOp]
