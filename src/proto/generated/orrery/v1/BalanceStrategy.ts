// Original file: proto/orrery/v1/cluster_service.proto

export const BalanceStrategy = {
  /**
   * The default: `rebalance.strategy`.
   */
  BALANCE_STRATEGY_UNSPECIFIED: 'BALANCE_STRATEGY_UNSPECIFIED',
  /**
   * Tables and indexes in bytes.
   */
  BALANCE_STRATEGY_BY_DISK_SIZE: 'BALANCE_STRATEGY_BY_DISK_SIZE',
  /**
   * Shard groups.
   */
  BALANCE_STRATEGY_BY_SHARD_COUNT: 'BALANCE_STRATEGY_BY_SHARD_COUNT',
  /**
   * Rows as estimated.
   */
  BALANCE_STRATEGY_BY_ROW_COUNT: 'BALANCE_STRATEGY_BY_ROW_COUNT',
  /**
   * Queries x milliseconds, as the coordinators have counted in the last minutes.
   */
  BALANCE_STRATEGY_BY_LOAD: 'BALANCE_STRATEGY_BY_LOAD',
} as const;

export type BalanceStrategyInit =
  /**
   * The default: `rebalance.strategy`.
   */
  | 'BALANCE_STRATEGY_UNSPECIFIED'
  | 0
  /**
   * Tables and indexes in bytes.
   */
  | 'BALANCE_STRATEGY_BY_DISK_SIZE'
  | 1
  /**
   * Shard groups.
   */
  | 'BALANCE_STRATEGY_BY_SHARD_COUNT'
  | 2
  /**
   * Rows as estimated.
   */
  | 'BALANCE_STRATEGY_BY_ROW_COUNT'
  | 3
  /**
   * Queries x milliseconds, as the coordinators have counted in the last minutes.
   */
  | 'BALANCE_STRATEGY_BY_LOAD'
  | 4

export type BalanceStrategyMessage = typeof BalanceStrategy[keyof typeof BalanceStrategy]
