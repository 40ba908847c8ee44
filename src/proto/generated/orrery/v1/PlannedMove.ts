// Original file: proto/orrery/v1/cluster_service.proto

import type { Long } from '@grpc/proto-loader';

export interface PlannedMoveInit {
  'shardId'?: (number | string | Long);
  'collection'?: (string);
  'sourceNode'?: (string);
  'targetNode'?: (string);
  /**
   * `balance`, `drain` or `pin`.
   */
  'reason'?: (string);
  /**
   * Tables and indexes of the shard group.
   */
  'bytes'?: (number | string | Long);
  /**
   * Bytes that travel: its tables. Indexes are built on the target.
   */
  'copyBytes'?: (number | string | Long);
  'estimatedRows'?: (number | string | Long);
  'copySeconds'?: (number | string);
  'indexSeconds'?: (number | string);
  /**
   * Write-ahead log that the source node keeps until the move is over.
   */
  'walKeptBytes'?: (number | string | Long);
  /**
   * Unset where the disk of the target cannot be seen.
   */
  'targetFreeBytesBefore'?: (number | string | Long);
  'targetFreeBytesAfter'?: (number | string | Long);
  /**
   * Of the whole cluster once this move is made.
   */
  'imbalanceAfter'?: (number | string);
  '_targetFreeBytesBefore'?: "targetFreeBytesBefore";
  '_targetFreeBytesAfter'?: "targetFreeBytesAfter";
}

export interface PlannedMoveMessage {
  'shardId': (string);
  'collection': (string);
  'sourceNode': (string);
  'targetNode': (string);
  /**
   * `balance`, `drain` or `pin`.
   */
  'reason': (string);
  /**
   * Tables and indexes of the shard group.
   */
  'bytes': (string);
  /**
   * Bytes that travel: its tables. Indexes are built on the target.
   */
  'copyBytes': (string);
  'estimatedRows': (string);
  'copySeconds': (number);
  'indexSeconds': (number);
  /**
   * Write-ahead log that the source node keeps until the move is over.
   */
  'walKeptBytes': (string);
  /**
   * Unset where the disk of the target cannot be seen.
   */
  'targetFreeBytesBefore'?: (string);
  'targetFreeBytesAfter'?: (string);
  /**
   * Of the whole cluster once this move is made.
   */
  'imbalanceAfter': (number);
}
