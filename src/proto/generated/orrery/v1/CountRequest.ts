// Original file: proto/orrery/v1/vector_service.proto


export interface CountRequestInit {
  /**
   * Empty: `memory_entries`.
   */
  'collection'?: (string);
  /**
   * 1-1,000 names. Either this or all_namespaces.
   */
  'namespaces'?: (string)[];
  'allNamespaces'?: (boolean);
}

export interface CountRequestMessage {
  /**
   * Empty: `memory_entries`.
   */
  'collection': (string);
  /**
   * 1-1,000 names. Either this or all_namespaces.
   */
  'namespaces': (string)[];
  'allNamespaces': (boolean);
}
