// Original file: proto/google/rpc/error_details.proto


export interface ErrorInfoInit {
  'reason'?: (string);
  'domain'?: (string);
  'metadata'?: ({[key: string]: string});
}

export interface ErrorInfoMessage {
  'reason': (string);
  'domain': (string);
  'metadata': ({[key: string]: string});
}
