// Original file: proto/orrery/v1/operation_service.proto


export interface WatchOperationRequestInit {
  'id'?: (string);
}

export interface WatchOperationRequestMessage {
  'id': (string);
}
