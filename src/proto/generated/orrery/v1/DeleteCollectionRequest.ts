// Original file: proto/orrery/v1/collection_service.proto


export interface DeleteCollectionRequestInit {
  'name'?: (string);
}

export interface DeleteCollectionRequestMessage {
  'name': (string);
}
