// Original file: proto/orrery/v1/types.proto

import type { FloatArrayInit as _orrery_v1_FloatArrayInit, FloatArrayMessage as _orrery_v1_FloatArrayMessage } from '../../orrery/v1/FloatArray.ts';

/**
 * A vector of float32 numbers. All must be finite and its length between 1e-18 and 1e18: cosine is undefined
 * for a zero vector, and float32 cannot hold the square of lengths beyond that.
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
 * A vector of float32 numbers. All must be finite and its length between 1e-18 and 1e18: cosine is undefined
 * for a zero vector, and float32 cannot hold the square of lengths beyond that.
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
