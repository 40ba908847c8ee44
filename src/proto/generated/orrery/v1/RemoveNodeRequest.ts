// Original file: proto/orrery/v1/cluster_service.proto


export interface RemoveNodeRequestInit {
  'node'?: (string);
  /**
   * Also when the node cannot be reached. Then it does not learn that it was removed: a client that still
   * reaches it writes into the cluster by its old knowledge, and what only it holds is lost. Make sure that
   * it stays off.
   */
  'force'?: (boolean);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface RemoveNodeRequestMessage {
  'node': (string);
  /**
   * Also when the node cannot be reached. Then it does not learn that it was removed: a client that still
   * reaches it writes into the cluster by its old knowledge, and what only it holds is lost. Make sure that
   * it stays off.
   */
  'force': (boolean);
  'requestId': (string);
  'validateOnly': (boolean);
}
