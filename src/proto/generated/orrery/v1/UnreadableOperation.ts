// Original file: proto/orrery/v1/operation_service.proto


/**
 * What is left of an operation whose record is damaged, or of a version that this coordinator does not know.
 */
export interface UnreadableOperationInit {
  'id'?: (string);
  /**
   * What is wrong with the record, for people.
   */
  'problem'?: (string);
}

/**
 * What is left of an operation whose record is damaged, or of a version that this coordinator does not know.
 */
export interface UnreadableOperationMessage {
  'id': (string);
  /**
   * What is wrong with the record, for people.
   */
  'problem': (string);
}
