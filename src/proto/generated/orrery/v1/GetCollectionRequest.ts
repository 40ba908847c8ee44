// Original file: proto/orrery/v1/collection_service.proto


export interface GetCollectionRequestInit {
  'name'?: (string);
}

export interface GetCollectionRequestMessage {
  'name': (string);
}
