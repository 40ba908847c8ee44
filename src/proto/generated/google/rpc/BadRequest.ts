// Original file: proto/google/rpc/error_details.proto


export interface _google_rpc_BadRequest_FieldViolationInit {
  'field'?: (string);
  'description'?: (string);
}

export interface _google_rpc_BadRequest_FieldViolationMessage {
  'field': (string);
  'description': (string);
}

export interface BadRequestInit {
  'fieldViolations'?: (_google_rpc_BadRequest_FieldViolationInit)[];
}

export interface BadRequestMessage {
  'fieldViolations': (_google_rpc_BadRequest_FieldViolationMessage)[];
}
