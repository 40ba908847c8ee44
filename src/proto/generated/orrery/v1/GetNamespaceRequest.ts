// Original file: proto/orrery/v1/namespace_service.proto


export interface GetNamespaceRequestInit {
  /**
   * Empty: `memory_entries`.
   */
  'collection'?: (string);
  'namespace'?: (string);
}

export interface GetNamespaceRequestMessage {
  /**
   * Empty: `memory_entries`.
   */
  'collection': (string);
  'namespace': (string);
}
