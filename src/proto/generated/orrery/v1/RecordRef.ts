// Original file: proto/orrery/v1/types.proto


/**
 * Names one record.
 */
export interface RecordRefInit {
  /**
   * 1-255 bytes of UTF-8 without control characters.
   */
  'namespace'?: (string);
  /**
   * 1-1,024 bytes of UTF-8 without control characters.
   */
  'key'?: (string);
}

/**
 * Names one record.
 */
export interface RecordRefMessage {
  /**
   * 1-255 bytes of UTF-8 without control characters.
   */
  'namespace': (string);
  /**
   * 1-1,024 bytes of UTF-8 without control characters.
   */
  'key': (string);
}
