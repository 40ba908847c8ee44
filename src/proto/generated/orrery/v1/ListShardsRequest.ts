// Original file: proto/orrery/v1/cluster_service.proto


export interface ListShardsRequestInit {
  /**
   * Empty: the shards of every collection.
   */
  'collection'?: (string);
  /**
   * 1-1,000; 0 means 100.
   */
  'pageSize'?: (number);
  'pageToken'?: (string);
}

export interface ListShardsRequestMessage {
  /**
   * Empty: the shards of every collection.
   */
  'collection': (string);
  /**
   * 1-1,000; 0 means 100.
   */
  'pageSize': (number);
  'pageToken': (string);
}
