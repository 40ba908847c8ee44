// Original file: proto/orrery/v1/cluster_service.proto

export const NodeState = {
  NODE_STATE_UNSPECIFIED: 'NODE_STATE_UNSPECIFIED',
  /**
   * Holds shard groups, or may.
   */
  NODE_STATE_ACTIVE: 'NODE_STATE_ACTIVE',
  /**
   * Gets no shard groups, and has some that are to leave.
   */
  NODE_STATE_DRAINING: 'NODE_STATE_DRAINING',
  /**
   * Gets no shard groups and has none; also the state of a Citus coordinator node that holds no shards.
   */
  NODE_STATE_DRAINED: 'NODE_STATE_DRAINED',
  /**
   * Known to the cluster, and not in use.
   */
  NODE_STATE_INACTIVE: 'NODE_STATE_INACTIVE',
} as const;

export type NodeStateInit =
  | 'NODE_STATE_UNSPECIFIED'
  | 0
  /**
   * Holds shard groups, or may.
   */
  | 'NODE_STATE_ACTIVE'
  | 1
  /**
   * Gets no shard groups, and has some that are to leave.
   */
  | 'NODE_STATE_DRAINING'
  | 2
  /**
   * Gets no shard groups and has none; also the state of a Citus coordinator node that holds no shards.
   */
  | 'NODE_STATE_DRAINED'
  | 3
  /**
   * Known to the cluster, and not in use.
   */
  | 'NODE_STATE_INACTIVE'
  | 4

export type NodeStateMessage = typeof NodeState[keyof typeof NodeState]
