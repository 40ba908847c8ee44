// Original file: proto/orrery/v1/types.proto


export interface FloatArrayInit {
  'values'?: (number | string)[];
}

export interface FloatArrayMessage {
  'values': (number)[];
}
