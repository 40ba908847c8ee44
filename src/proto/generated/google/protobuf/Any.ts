// Original file: null

import type { AnyExtension } from '@grpc/proto-loader';

export type AnyInit = AnyExtension | {
  type_url: string;
  value: Buffer | Uint8Array | string;
}

export interface AnyMessage {
  'type_url': (string);
  'value': (Buffer);
}
