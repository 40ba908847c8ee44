// Original file: proto/orrery/v1/operation_service.proto


export interface ListOperationsRequestInit {
  /**
   * 1-1,000; 0 means 100.
   */
  'pageSize'?: (number);
  'pageToken'?: (string);
  /**
   * Only operations of this kind; empty: of every kind.
   */
  'kind'?: (string);
  /**
   * Only those that have not ended.
   */
  'unfinished'?: (boolean);
}

export interface ListOperationsRequestMessage {
  /**
   * 1-1,000; 0 means 100.
   */
  'pageSize': (number);
  'pageToken': (string);
  /**
   * Only operations of this kind; empty: of every kind.
   */
  'kind': (string);
  /**
   * Only those that have not ended.
   */
  'unfinished': (boolean);
}
