// Original file: proto/google/rpc/error_details.proto

import type { DurationInit as _google_protobuf_DurationInit, DurationMessage as _google_protobuf_DurationMessage } from '../../google/protobuf/Duration.ts';

export interface RetryInfoInit {
  'retryDelay'?: (_google_protobuf_DurationInit | null);
}

export interface RetryInfoMessage {
  'retryDelay': (_google_protobuf_DurationMessage | null);
}
