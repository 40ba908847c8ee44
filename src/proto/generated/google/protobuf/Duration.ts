// Original file: null

import type { Long } from '@grpc/proto-loader';

export interface DurationInit {
  'seconds'?: (number | string | Long);
  'nanos'?: (number);
}

export interface DurationMessage {
  'seconds': (string);
  'nanos': (number);
}
