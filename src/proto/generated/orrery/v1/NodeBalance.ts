// Original file: proto/orrery/v1/cluster_service.proto


/**
 * What a node carries before and after a plan, in the unit of its strategy.
 */
export interface NodeBalanceInit {
  'node'?: (string);
  'costBefore'?: (number | string);
  'costAfter'?: (number | string);
  'shardGroupsBefore'?: (number);
  'shardGroupsAfter'?: (number);
}

/**
 * What a node carries before and after a plan, in the unit of its strategy.
 */
export interface NodeBalanceMessage {
  'node': (string);
  'costBefore': (number);
  'costAfter': (number);
  'shardGroupsBefore': (number);
  'shardGroupsAfter': (number);
}
