// Original file: null

import type { NullValueInit as _google_protobuf_NullValueInit, NullValueMessage as _google_protobuf_NullValueMessage } from '../../google/protobuf/NullValue.ts';
import type { StructInit as _google_protobuf_StructInit, StructMessage as _google_protobuf_StructMessage } from '../../google/protobuf/Struct.ts';
import type { ListValueInit as _google_protobuf_ListValueInit, ListValueMessage as _google_protobuf_ListValueMessage } from '../../google/protobuf/ListValue.ts';

export interface ValueInit {
  'nullValue'?: (_google_protobuf_NullValueInit);
  'numberValue'?: (number | string);
  'stringValue'?: (string);
  'boolValue'?: (boolean);
  'structValue'?: (_google_protobuf_StructInit | null);
  'listValue'?: (_google_protobuf_ListValueInit | null);
  'kind'?: "nullValue"|"numberValue"|"stringValue"|"boolValue"|"structValue"|"listValue";
}

export interface ValueMessage {
  'nullValue'?: (_google_protobuf_NullValueMessage);
  'numberValue'?: (number);
  'stringValue'?: (string);
  'boolValue'?: (boolean);
  'structValue'?: (_google_protobuf_StructMessage | null);
  'listValue'?: (_google_protobuf_ListValueMessage | null);
}
