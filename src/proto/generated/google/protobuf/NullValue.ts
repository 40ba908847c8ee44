// Original file: null

export const NullValue = {
  NULL_VALUE: 'NULL_VALUE',
} as const;

export type NullValueInit =
  | 'NULL_VALUE'
  | 0

export type NullValueMessage = typeof NullValue[keyof typeof NullValue]
