// Original file: null

import type { ValueInit as _google_protobuf_ValueInit, ValueMessage as _google_protobuf_ValueMessage } from '../../google/protobuf/Value.ts';

export interface ListValueInit {
  'values'?: (_google_protobuf_ValueInit)[];
}

export interface ListValueMessage {
  'values': (_google_protobuf_ValueMessage)[];
}
