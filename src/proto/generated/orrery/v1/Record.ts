// Original file: proto/orrery/v1/types.proto

import type { StructInit as _google_protobuf_StructInit, StructMessage as _google_protobuf_StructMessage } from '../../google/protobuf/Struct.ts';
import type { VectorInit as _orrery_v1_VectorInit, VectorMessage as _orrery_v1_VectorMessage } from '../../orrery/v1/Vector.ts';
import type { TimestampInit as _google_protobuf_TimestampInit, TimestampMessage as _google_protobuf_TimestampMessage } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

export interface RecordInit {
  /**
   * 1-255 bytes of UTF-8 without control characters.
   */
  'namespace'?: (string);
  /**
   * Unique in its namespace; 1-1,024 bytes of UTF-8 without control characters.
   */
  'key'?: (string);
  /**
   * At most 1 MiB of UTF-8 without U+0000. A record written without one is read without one: absent is not
   * empty.
   */
  'value'?: (string);
  /**
   * At most 64 KiB as JSON text and 32 levels deep. Numbers must be finite, texts without U+0000. Absent is
   * not empty here either.
   */
  'metadata'?: (_google_protobuf_StructInit | null);
  /**
   * At most 64 tags of 1-255 bytes. In WRITE_MODE_UPDATE an empty list leaves the stored tags as they are.
   */
  'tags'?: (string)[];
  /**
   * As many numbers as the collection has dimensions.
   */
  'vector'?: (_orrery_v1_VectorInit | null);
  /**
   * When absent, the time of the first insert by the clock of the server that took it; kept for as long as
   * the record exists. The years 1 to 9999, kept to the microsecond.
   */
  'createdAt'?: (_google_protobuf_TimestampInit | null);
  /**
   * Output only. The time of the last write by the clock of the server that took it, but never before
   * created_at nor before what it was, whatever the clock says.
   */
  'updatedAt'?: (_google_protobuf_TimestampInit | null);
  /**
   * Output, and the expected version in WRITE_MODE_IF_VERSION. Grows with every write for as long as the
   * record exists. One that was deleted and is written again begins with the microseconds since 1970 by the
   * clock of the server that takes the write, which can be less than the last version it had before.
   */
  'version'?: (number | string | Long);
  '_value'?: "value";
  '_metadata'?: "metadata";
}

export interface RecordMessage {
  /**
   * 1-255 bytes of UTF-8 without control characters.
   */
  'namespace': (string);
  /**
   * Unique in its namespace; 1-1,024 bytes of UTF-8 without control characters.
   */
  'key': (string);
  /**
   * At most 1 MiB of UTF-8 without U+0000. A record written without one is read without one: absent is not
   * empty.
   */
  'value'?: (string);
  /**
   * At most 64 KiB as JSON text and 32 levels deep. Numbers must be finite, texts without U+0000. Absent is
   * not empty here either.
   */
  'metadata'?: (_google_protobuf_StructMessage | null);
  /**
   * At most 64 tags of 1-255 bytes. In WRITE_MODE_UPDATE an empty list leaves the stored tags as they are.
   */
  'tags': (string)[];
  /**
   * As many numbers as the collection has dimensions.
   */
  'vector': (_orrery_v1_VectorMessage | null);
  /**
   * When absent, the time of the first insert by the clock of the server that took it; kept for as long as
   * the record exists. The years 1 to 9999, kept to the microsecond.
   */
  'createdAt': (_google_protobuf_TimestampMessage | null);
  /**
   * Output only. The time of the last write by the clock of the server that took it, but never before
   * created_at nor before what it was, whatever the clock says.
   */
  'updatedAt': (_google_protobuf_TimestampMessage | null);
  /**
   * Output, and the expected version in WRITE_MODE_IF_VERSION. Grows with every write for as long as the
   * record exists. One that was deleted and is written again begins with the microseconds since 1970 by the
   * clock of the server that takes the write, which can be less than the last version it had before.
   */
  'version': (string);
}
