// Original file: proto/orrery/v1/vector_service.proto

import type { QuantizationInit as _orrery_v1_QuantizationInit, QuantizationMessage as _orrery_v1_QuantizationMessage } from '../../orrery/v1/Quantization.ts';
import type { Long } from '@grpc/proto-loader';

export interface TargetProfileInit {
  'shardId'?: (number | string | Long);
  'groupId'?: (number);
  /**
   * `exact` or `ann`.
   */
  'strategy'?: (string);
  'quantization'?: (_orrery_v1_QuantizationInit);
  'efSearch'?: (number);
  'candidates'?: (number);
  'rows'?: (number);
  'attempts'?: (number);
  /**
   * 2 when the target needed a second round, because its first answer was short of rows, or may not have
   * included all that it holds of the hits; otherwise 1.
   */
  'rounds'?: (number);
  'elapsedMs'?: (number | string);
}

export interface TargetProfileMessage {
  'shardId': (string);
  'groupId': (number);
  /**
   * `exact` or `ann`.
   */
  'strategy': (string);
  'quantization': (_orrery_v1_QuantizationMessage);
  'efSearch': (number);
  'candidates': (number);
  'rows': (number);
  'attempts': (number);
  /**
   * 2 when the target needed a second round, because its first answer was short of rows, or may not have
   * included all that it holds of the hits; otherwise 1.
   */
  'rounds': (number);
  'elapsedMs': (number);
}
