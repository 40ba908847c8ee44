// Original file: proto/google/rpc/error_details.proto


export interface RequestInfoInit {
  'requestId'?: (string);
  'servingData'?: (string);
}

export interface RequestInfoMessage {
  'requestId': (string);
  'servingData': (string);
}
