// Original file: proto/orrery/v1/filter.proto

export const TimeField = {
  TIME_FIELD_UNSPECIFIED: 'TIME_FIELD_UNSPECIFIED',
  TIME_FIELD_CREATED_AT: 'TIME_FIELD_CREATED_AT',
  TIME_FIELD_UPDATED_AT: 'TIME_FIELD_UPDATED_AT',
} as const;

export type TimeFieldInit =
  | 'TIME_FIELD_UNSPECIFIED'
  | 0
  | 'TIME_FIELD_CREATED_AT'
  | 1
  | 'TIME_FIELD_UPDATED_AT'
  | 2

export type TimeFieldMessage = typeof TimeField[keyof typeof TimeField]
