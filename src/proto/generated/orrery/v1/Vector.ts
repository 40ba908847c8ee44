// Original file: proto/orrery/v1/types.proto

import type { FloatArrayInit as _orrery_v1_FloatArrayInit, FloatArrayMessage as _orrery_v1_FloatArrayMessage } from '../../orrery/v1/FloatArray.ts';

/**
 * A vector of float32 numbers. All must be finite and its length at most 1e18: float32 cannot hold the square
 * of lengths beyond that. With METRIC_COSINE, zeros are refused, as they have no direction, and records
 * shorter than 1e-18. With another metric and QUANTIZATION_HALF, each number must be within -65,504 and
 * 65,504.
 */
export interface VectorInit {
  /**
   * Little-endian IEEE 754 float32, 4 bytes per dimension. The cheap form.
   */
  'f32Le'?: (Buffer | Uint8Array | string);
  /**
   * The readable form.
   */
  'floats'?: (_orrery_v1_FloatArrayInit | null);
  'data'?: "f32Le"|"floats";
}

/**
 * A vector of float32 numbers. All must be finite and its length at most 1e18: float32 cannot hold the square
 * of lengths beyond that. With METRIC_COSINE, zeros are refused, as they have no direction, and records
 * shorter than 1e-18. With another metric and QUANTIZATION_HALF, each number must be within -65,504 and
 * 65,504.
 */
export interface VectorMessage {
  /**
   * Little-endian IEEE 754 float32, 4 bytes per dimension. The cheap form.
   */
  'f32Le'?: (Buffer);
  /**
   * The readable form.
   */
  'floats'?: (_orrery_v1_FloatArrayMessage | null);
}
