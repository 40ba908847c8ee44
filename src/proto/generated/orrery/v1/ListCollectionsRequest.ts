// Original file: proto/orrery/v1/collection_service.proto


export interface ListCollectionsRequestInit {
  /**
   * 1-1,000; 0 means 100.
   */
  'pageSize'?: (number);
  'pageToken'?: (string);
}

export interface ListCollectionsRequestMessage {
  /**
   * 1-1,000; 0 means 100.
   */
  'pageSize': (number);
  'pageToken': (string);
}
