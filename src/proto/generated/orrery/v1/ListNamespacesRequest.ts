// Original file: proto/orrery/v1/namespace_service.proto


export interface ListNamespacesRequestInit {
  /**
   * Empty: `memory_entries`.
   */
  'collection'?: (string);
  /**
   * 1-1,000; 0 means 100.
   */
  'pageSize'?: (number);
  'pageToken'?: (string);
}

export interface ListNamespacesRequestMessage {
  /**
   * Empty: `memory_entries`.
   */
  'collection': (string);
  /**
   * 1-1,000; 0 means 100.
   */
  'pageSize': (number);
  'pageToken': (string);
}
