// Original file: proto/orrery/v1/cluster_service.proto

import type { BalanceStrategyInit as _orrery_v1_BalanceStrategyInit, BalanceStrategyMessage as _orrery_v1_BalanceStrategyMessage } from '../../orrery/v1/BalanceStrategy.ts';

export interface PlanRebalanceRequestInit {
  'strategy'?: (_orrery_v1_BalanceStrategyInit);
  /**
   * Imbalance (max / mean - 1 over the nodes) up to which nothing is moved, 0-10; unset:
   * `rebalance.threshold`.
   */
  'threshold'?: (number | string);
  /**
   * Only these nodes give and take shard groups; empty: all that may hold some.
   */
  'nodes'?: (string)[];
  /**
   * These do neither.
   */
  'excludedNodes'?: (string)[];
  /**
   * Nodes to empty as well, as DrainNode would.
   */
  'drainedNodes'?: (string)[];
  /**
   * 1-1,000; unset: as many as it takes, at most 1,000.
   */
  'maxMoves'?: (number);
  '_threshold'?: "threshold";
  '_maxMoves'?: "maxMoves";
}

export interface PlanRebalanceRequestMessage {
  'strategy': (_orrery_v1_BalanceStrategyMessage);
  /**
   * Imbalance (max / mean - 1 over the nodes) up to which nothing is moved, 0-10; unset:
   * `rebalance.threshold`.
   */
  'threshold'?: (number);
  /**
   * Only these nodes give and take shard groups; empty: all that may hold some.
   */
  'nodes': (string)[];
  /**
   * These do neither.
   */
  'excludedNodes': (string)[];
  /**
   * Nodes to empty as well, as DrainNode would.
   */
  'drainedNodes': (string)[];
  /**
   * 1-1,000; unset: as many as it takes, at most 1,000.
   */
  'maxMoves'?: (number);
}
