// Original file: proto/orrery/v1/vector_service.proto

import type { StructInit as _google_protobuf_StructInit, StructMessage as _google_protobuf_StructMessage } from '../../google/protobuf/Struct.ts';
import type { VectorInit as _orrery_v1_VectorInit, VectorMessage as _orrery_v1_VectorMessage } from '../../orrery/v1/Vector.ts';

export interface HitInit {
  'namespace'?: (string);
  'key'?: (string);
  /**
   * As the metric of the collection says, higher is nearer. Computed on the stored float32 vector.
   */
  'similarity'?: (number | string);
  /**
   * Absent when the record has none, or it was not asked for.
   */
  'value'?: (string);
  'metadata'?: (_google_protobuf_StructInit | null);
  'tags'?: (string)[];
  /**
   * In f32_le.
   */
  'vector'?: (_orrery_v1_VectorInit | null);
  '_value'?: "value";
}

export interface HitMessage {
  'namespace': (string);
  'key': (string);
  /**
   * As the metric of the collection says, higher is nearer. Computed on the stored float32 vector.
   */
  'similarity': (number);
  /**
   * Absent when the record has none, or it was not asked for.
   */
  'value'?: (string);
  'metadata': (_google_protobuf_StructMessage | null);
  'tags': (string)[];
  /**
   * In f32_le.
   */
  'vector': (_orrery_v1_VectorMessage | null);
}
