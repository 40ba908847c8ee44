// Original file: proto/orrery/v1/operation_service.proto


export interface GetOperationRequestInit {
  'id'?: (string);
}

export interface GetOperationRequestMessage {
  'id': (string);
}
