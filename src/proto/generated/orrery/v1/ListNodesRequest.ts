// Original file: proto/orrery/v1/cluster_service.proto


export interface ListNodesRequestInit {
  /**
   * 1-1,000; 0 means 100.
   */
  'pageSize'?: (number);
  'pageToken'?: (string);
}

export interface ListNodesRequestMessage {
  /**
   * 1-1,000; 0 means 100.
   */
  'pageSize': (number);
  'pageToken': (string);
}
