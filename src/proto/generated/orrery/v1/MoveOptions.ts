// Original file: proto/orrery/v1/cluster_service.proto

import type { TransferModeInit as _orrery_v1_TransferModeInit, TransferModeMessage as _orrery_v1_TransferModeMessage } from '../../orrery/v1/TransferMode.ts';

/**
 * How moves are made.
 */
export interface MoveOptionsInit {
  'transferMode'?: (_orrery_v1_TransferModeInit);
  /**
   * Moves that may touch one node at the same time, 1-16; unset: `rebalance.movesPerNode`.
   */
  'movesPerNode'?: (number);
  /**
   * Cancel, and not only throttle further moves, when replication lag or search latency is over its limit.
   */
  'abortOnSlo'?: (boolean);
  '_movesPerNode'?: "movesPerNode";
}

/**
 * How moves are made.
 */
export interface MoveOptionsMessage {
  'transferMode': (_orrery_v1_TransferModeMessage);
  /**
   * Moves that may touch one node at the same time, 1-16; unset: `rebalance.movesPerNode`.
   */
  'movesPerNode'?: (number);
  /**
   * Cancel, and not only throttle further moves, when replication lag or search latency is over its limit.
   */
  'abortOnSlo': (boolean);
}
