// Original file: proto/orrery/v1/namespace_service.proto


export interface DeleteNamespaceRequestInit {
  /**
   * Empty: `memory_entries`.
   */
  'collection'?: (string);
  'namespace'?: (string);
}

export interface DeleteNamespaceRequestMessage {
  /**
   * Empty: `memory_entries`.
   */
  'collection': (string);
  'namespace': (string);
}
