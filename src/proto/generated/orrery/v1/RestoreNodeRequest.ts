// Original file: proto/orrery/v1/cluster_service.proto


export interface RestoreNodeRequestInit {
  'node'?: (string);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface RestoreNodeRequestMessage {
  'node': (string);
  'requestId': (string);
  'validateOnly': (boolean);
}
