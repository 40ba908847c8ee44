// Original file: proto/orrery/v1/cluster_service.proto


export interface RemoveNodeRequestInit {
  'node'?: (string);
  /**
   * Also when the node cannot be reached. Then it is not aware of its removal: clients that still reach it
   * write to the cluster by its outdated catalogs, and data that only it holds is lost. Make sure that it
   * stays off.
   */
  'force'?: (boolean);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface RemoveNodeRequestMessage {
  'node': (string);
  /**
   * Also when the node cannot be reached. Then it is not aware of its removal: clients that still reach it
   * write to the cluster by its outdated catalogs, and data that only it holds is lost. Make sure that it
   * stays off.
   */
  'force': (boolean);
  'requestId': (string);
  'validateOnly': (boolean);
}
