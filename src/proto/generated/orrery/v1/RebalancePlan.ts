// Original file: proto/orrery/v1/cluster_service.proto

import type { TimestampInit as _google_protobuf_TimestampInit, TimestampMessage as _google_protobuf_TimestampMessage } from '../../google/protobuf/Timestamp.ts';
import type { BalanceStrategyInit as _orrery_v1_BalanceStrategyInit, BalanceStrategyMessage as _orrery_v1_BalanceStrategyMessage } from '../../orrery/v1/BalanceStrategy.ts';
import type { PlannedMoveInit as _orrery_v1_PlannedMoveInit, PlannedMoveMessage as _orrery_v1_PlannedMoveMessage } from '../../orrery/v1/PlannedMove.ts';
import type { NodeBalanceInit as _orrery_v1_NodeBalanceInit, NodeBalanceMessage as _orrery_v1_NodeBalanceMessage } from '../../orrery/v1/NodeBalance.ts';
import type { PlanWarningInit as _orrery_v1_PlanWarningInit, PlanWarningMessage as _orrery_v1_PlanWarningMessage } from '../../orrery/v1/PlanWarning.ts';
import type { IsolationAdviceInit as _orrery_v1_IsolationAdviceInit, IsolationAdviceMessage as _orrery_v1_IsolationAdviceMessage } from '../../orrery/v1/IsolationAdvice.ts';
import type { ShardCountAdviceInit as _orrery_v1_ShardCountAdviceInit, ShardCountAdviceMessage as _orrery_v1_ShardCountAdviceMessage } from '../../orrery/v1/ShardCountAdvice.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * What PlanRebalance answers. Kept for a day, on every coordinator.
 */
export interface RebalancePlanInit {
  'id'?: (string);
  'createTime'?: (_google_protobuf_TimestampInit | null);
  /**
   * Of the map it was made from.
   */
  'epoch'?: (number | string | Long);
  'strategy'?: (_orrery_v1_BalanceStrategyInit);
  'threshold'?: (number | string);
  'imbalanceBefore'?: (number | string);
  'imbalanceAfter'?: (number | string);
  /**
   * In the order in which they are made. Each improves the balance, empties a node or follows a pin, so
   * stopping anywhere is safe.
   */
  'moves'?: (_orrery_v1_PlannedMoveInit)[];
  'nodes'?: (_orrery_v1_NodeBalanceInit)[];
  'warnings'?: (_orrery_v1_PlanWarningInit)[];
  /**
   * Of all moves, one after another per node.
   */
  'estimatedSeconds'?: (number | string);
  /**
   * True when the estimates rest on moves that this cluster has made.
   */
  'measured'?: (boolean);
  /**
   * The ten namespaces most worth a shard group of their own.
   */
  'isolations'?: (_orrery_v1_IsolationAdviceInit)[];
  'shardCounts'?: (_orrery_v1_ShardCountAdviceInit)[];
}

/**
 * What PlanRebalance answers. Kept for a day, on every coordinator.
 */
export interface RebalancePlanMessage {
  'id': (string);
  'createTime': (_google_protobuf_TimestampMessage | null);
  /**
   * Of the map it was made from.
   */
  'epoch': (string);
  'strategy': (_orrery_v1_BalanceStrategyMessage);
  'threshold': (number);
  'imbalanceBefore': (number);
  'imbalanceAfter': (number);
  /**
   * In the order in which they are made. Each improves the balance, empties a node or follows a pin, so
   * stopping anywhere is safe.
   */
  'moves': (_orrery_v1_PlannedMoveMessage)[];
  'nodes': (_orrery_v1_NodeBalanceMessage)[];
  'warnings': (_orrery_v1_PlanWarningMessage)[];
  /**
   * Of all moves, one after another per node.
   */
  'estimatedSeconds': (number);
  /**
   * True when the estimates rest on moves that this cluster has made.
   */
  'measured': (boolean);
  /**
   * The ten namespaces most worth a shard group of their own.
   */
  'isolations': (_orrery_v1_IsolationAdviceMessage)[];
  'shardCounts': (_orrery_v1_ShardCountAdviceMessage)[];
}
