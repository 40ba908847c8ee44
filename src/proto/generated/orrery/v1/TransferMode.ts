// Original file: proto/orrery/v1/cluster_service.proto

export const TransferMode = {
  /**
   * The default: TRANSFER_MODE_LOGICAL.
   */
  TRANSFER_MODE_UNSPECIFIED: 'TRANSFER_MODE_UNSPECIFIED',
  /**
   * By logical replication: writes go on but for a moment.
   */
  TRANSFER_MODE_LOGICAL: 'TRANSFER_MODE_LOGICAL',
  /**
   * Writes to the shard group wait until it has moved; faster, and needs no replication slot.
   */
  TRANSFER_MODE_BLOCK_WRITES: 'TRANSFER_MODE_BLOCK_WRITES',
} as const;

export type TransferModeInit =
  /**
   * The default: TRANSFER_MODE_LOGICAL.
   */
  | 'TRANSFER_MODE_UNSPECIFIED'
  | 0
  /**
   * By logical replication: writes go on but for a moment.
   */
  | 'TRANSFER_MODE_LOGICAL'
  | 1
  /**
   * Writes to the shard group wait until it has moved; faster, and needs no replication slot.
   */
  | 'TRANSFER_MODE_BLOCK_WRITES'
  | 2

export type TransferModeMessage = typeof TransferMode[keyof typeof TransferMode]
