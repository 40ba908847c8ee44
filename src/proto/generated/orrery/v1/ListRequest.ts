// Original file: proto/orrery/v1/vector_service.proto


export interface ListRequestInit {
  /**
   * Empty: `memory_entries`.
   */
  'collection'?: (string);
  'namespace'?: (string);
  /**
   * 1-1,000; 0 means 100.
   */
  'pageSize'?: (number);
  'pageToken'?: (string);
  /**
   * Default true.
   */
  'includeValue'?: (boolean);
  /**
   * Default true.
   */
  'includeMetadata'?: (boolean);
  /**
   * Default false.
   */
  'includeVector'?: (boolean);
  '_includeValue'?: "includeValue";
  '_includeMetadata'?: "includeMetadata";
  '_includeVector'?: "includeVector";
}

export interface ListRequestMessage {
  /**
   * Empty: `memory_entries`.
   */
  'collection': (string);
  'namespace': (string);
  /**
   * 1-1,000; 0 means 100.
   */
  'pageSize': (number);
  'pageToken': (string);
  /**
   * Default true.
   */
  'includeValue'?: (boolean);
  /**
   * Default true.
   */
  'includeMetadata'?: (boolean);
  /**
   * Default false.
   */
  'includeVector'?: (boolean);
}
