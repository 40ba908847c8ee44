// Original file: proto/orrery/v1/operation_service.proto


export interface CancelOperationRequestInit {
  'id'?: (string);
}

export interface CancelOperationRequestMessage {
  'id': (string);
}
