// Original file: proto/orrery/v1/namespace_service.proto


export interface UpdateNamespaceRequestInit {
  /**
   * Empty: `memory_entries`.
   */
  'collection'?: (string);
  'namespace'?: (string);
  /**
   * Name of a node. The shard group of the namespace moves to its group and stays there through
   * every rebalance. All other namespaces of the shard group come along: isolate it first to pin it alone.
   */
  'pinToNode'?: (string);
  /**
   * Takes the pin off; nothing moves.
   */
  'unpin'?: (boolean);
  /**
   * 1-128 bytes: sent again with the same id, the call starts nothing twice.
   */
  'requestId'?: (string);
  /**
   * Only checks, and answers with an Operation without id.
   */
  'validateOnly'?: (boolean);
  /**
   * One of the two.
   */
  'pin'?: "pinToNode"|"unpin";
}

export interface UpdateNamespaceRequestMessage {
  /**
   * Empty: `memory_entries`.
   */
  'collection': (string);
  'namespace': (string);
  /**
   * Name of a node. The shard group of the namespace moves to its group and stays there through
   * every rebalance. All other namespaces of the shard group come along: isolate it first to pin it alone.
   */
  'pinToNode'?: (string);
  /**
   * Takes the pin off; nothing moves.
   */
  'unpin'?: (boolean);
  /**
   * 1-128 bytes: sent again with the same id, the call starts nothing twice.
   */
  'requestId': (string);
  /**
   * Only checks, and answers with an Operation without id.
   */
  'validateOnly': (boolean);
}
