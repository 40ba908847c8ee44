// Original file: proto/google/rpc/status.proto

import type { AnyInit as _google_protobuf_AnyInit, AnyMessage as _google_protobuf_AnyMessage } from '../../google/protobuf/Any.ts';

export interface StatusInit {
  /**
   * A google.rpc.Code; 0 is OK.
   */
  'code'?: (number);
  'message'?: (string);
  'details'?: (_google_protobuf_AnyInit)[];
}

export interface StatusMessage {
  /**
   * A google.rpc.Code; 0 is OK.
   */
  'code': (number);
  'message': (string);
  'details': (_google_protobuf_AnyMessage)[];
}
