// Original file: proto/orrery/v1/types.proto

import type { OperationStateInit as _orrery_v1_OperationStateInit, OperationStateMessage as _orrery_v1_OperationStateMessage } from '../../orrery/v1/OperationState.ts';
import type { TimestampInit as _google_protobuf_TimestampInit, TimestampMessage as _google_protobuf_TimestampMessage } from '../../google/protobuf/Timestamp.ts';
import type { StatusInit as _google_rpc_StatusInit, StatusMessage as _google_rpc_StatusMessage } from '../../google/rpc/Status.ts';
import type { AnyInit as _google_protobuf_AnyInit, AnyMessage as _google_protobuf_AnyMessage } from '../../google/protobuf/Any.ts';
import type { StructInit as _google_protobuf_StructInit, StructMessage as _google_protobuf_StructMessage } from '../../google/protobuf/Struct.ts';
import type { MoveProgressInit as _orrery_v1_MoveProgressInit, MoveProgressMessage as _orrery_v1_MoveProgressMessage } from '../../orrery/v1/MoveProgress.ts';

/**
 * A job that may outlast the call that started it. Calls that start one wait up to a second for its end.
 */
export interface OperationInit {
  /**
   * Empty in the answer to a request that only validates: nothing was started.
   */
  'id'?: (string);
  /**
   * What it does: `create_collection`, `update_collection`, `delete_collection`, `delete_namespace`,
   * `update_namespace`, `isolate_namespace`, `move_shard`, `split_shard`, `rebalance`, `add_node`,
   * `drain_node`, `restore_node`, `remove_node`.
   */
  'kind'?: (string);
  'state'?: (_orrery_v1_OperationStateInit);
  /**
   * What it is doing at present, in a word or two.
   */
  'stage'?: (string);
  /**
   * 0 to 1.
   */
  'fraction'?: (number | string);
  'message'?: (string);
  'createTime'?: (_google_protobuf_TimestampInit | null);
  'updateTime'?: (_google_protobuf_TimestampInit | null);
  /**
   * Unset until it is finished.
   */
  'endTime'?: (_google_protobuf_TimestampInit | null);
  /**
   * Set in OPERATION_STATE_FAILED.
   */
  'error'?: (_google_rpc_StatusInit | null);
  /**
   * What came out so far, complete in OPERATION_STATE_DONE: a google.protobuf.Struct.
   */
  'result'?: (_google_protobuf_AnyInit | null);
  /**
   * What it was asked to do.
   */
  'arguments'?: (_google_protobuf_StructInit | null);
  /**
   * All stages it goes through, in order; `stage` is one of them while it runs.
   */
  'stages'?: (string)[];
  /**
   * The shard groups it moves, in order; empty for kinds that move none.
   */
  'moves'?: (_orrery_v1_MoveProgressInit)[];
  /**
   * When it is likely to end; unset when that is unknown.
   */
  'estimatedEndTime'?: (_google_protobuf_TimestampInit | null);
  /**
   * The caller's `x-orrery-caller` metadata, or else its network address. Not verified.
   */
  'requestedBy'?: (string);
  /**
   * As the caller gave it, empty when it gave none.
   */
  'requestId'?: (string);
}

/**
 * A job that may outlast the call that started it. Calls that start one wait up to a second for its end.
 */
export interface OperationMessage {
  /**
   * Empty in the answer to a request that only validates: nothing was started.
   */
  'id': (string);
  /**
   * What it does: `create_collection`, `update_collection`, `delete_collection`, `delete_namespace`,
   * `update_namespace`, `isolate_namespace`, `move_shard`, `split_shard`, `rebalance`, `add_node`,
   * `drain_node`, `restore_node`, `remove_node`.
   */
  'kind': (string);
  'state': (_orrery_v1_OperationStateMessage);
  /**
   * What it is doing at present, in a word or two.
   */
  'stage': (string);
  /**
   * 0 to 1.
   */
  'fraction': (number);
  'message': (string);
  'createTime': (_google_protobuf_TimestampMessage | null);
  'updateTime': (_google_protobuf_TimestampMessage | null);
  /**
   * Unset until it is finished.
   */
  'endTime': (_google_protobuf_TimestampMessage | null);
  /**
   * Set in OPERATION_STATE_FAILED.
   */
  'error': (_google_rpc_StatusMessage | null);
  /**
   * What came out so far, complete in OPERATION_STATE_DONE: a google.protobuf.Struct.
   */
  'result': (_google_protobuf_AnyMessage | null);
  /**
   * What it was asked to do.
   */
  'arguments': (_google_protobuf_StructMessage | null);
  /**
   * All stages it goes through, in order; `stage` is one of them while it runs.
   */
  'stages': (string)[];
  /**
   * The shard groups it moves, in order; empty for kinds that move none.
   */
  'moves': (_orrery_v1_MoveProgressMessage)[];
  /**
   * When it is likely to end; unset when that is unknown.
   */
  'estimatedEndTime': (_google_protobuf_TimestampMessage | null);
  /**
   * The caller's `x-orrery-caller` metadata, or else its network address. Not verified.
   */
  'requestedBy': (string);
  /**
   * As the caller gave it, empty when it gave none.
   */
  'requestId': (string);
}
