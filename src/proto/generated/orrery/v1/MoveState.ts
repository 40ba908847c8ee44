// Original file: proto/orrery/v1/types.proto

export const MoveState = {
  MOVE_STATE_UNSPECIFIED: 'MOVE_STATE_UNSPECIFIED',
  MOVE_STATE_PENDING: 'MOVE_STATE_PENDING',
  /**
   * Its turn has come, and it waits until lag and latency are known to be within their limits again.
   */
  MOVE_STATE_THROTTLED: 'MOVE_STATE_THROTTLED',
  MOVE_STATE_RUNNING: 'MOVE_STATE_RUNNING',
  MOVE_STATE_DONE: 'MOVE_STATE_DONE',
  MOVE_STATE_FAILED: 'MOVE_STATE_FAILED',
  /**
   * Never begun, or undone: the shard group is whole on its source.
   */
  MOVE_STATE_CANCELLED: 'MOVE_STATE_CANCELLED',
} as const;

export type MoveStateInit =
  | 'MOVE_STATE_UNSPECIFIED'
  | 0
  | 'MOVE_STATE_PENDING'
  | 1
  /**
   * Its turn has come, and it waits until lag and latency are known to be within their limits again.
   */
  | 'MOVE_STATE_THROTTLED'
  | 2
  | 'MOVE_STATE_RUNNING'
  | 3
  | 'MOVE_STATE_DONE'
  | 4
  | 'MOVE_STATE_FAILED'
  | 5
  /**
   * Never begun, or undone: the shard group is whole on its source.
   */
  | 'MOVE_STATE_CANCELLED'
  | 6

export type MoveStateMessage = typeof MoveState[keyof typeof MoveState]
