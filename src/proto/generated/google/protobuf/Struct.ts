// Original file: null

import type { ValueInit as _google_protobuf_ValueInit, ValueMessage as _google_protobuf_ValueMessage } from '../../google/protobuf/Value.ts';

export interface StructInit {
  'fields'?: ({[key: string]: _google_protobuf_ValueInit});
}

export interface StructMessage {
  'fields': ({[key: string]: _google_protobuf_ValueMessage});
}
