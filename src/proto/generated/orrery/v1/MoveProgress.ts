// Original file: proto/orrery/v1/types.proto

import type { MoveStateInit as _orrery_v1_MoveStateInit, MoveStateMessage as _orrery_v1_MoveStateMessage } from '../../orrery/v1/MoveState.ts';
import type { TimestampInit as _google_protobuf_TimestampInit, TimestampMessage as _google_protobuf_TimestampMessage } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * How far the move of one shard group is.
 */
export interface MoveProgressInit {
  'shardId'?: (number | string | Long);
  'collection'?: (string);
  'sourceNode'?: (string);
  'targetNode'?: (string);
  'state'?: (_orrery_v1_MoveStateInit);
  /**
   * While it runs: `set up`, `copy`, `catch up`, `build indexes`, `final catch-up`, `cut over`, `analyse`.
   */
  'phase'?: (string);
  /**
   * 0 to 1, by bytes and phase.
   */
  'fraction'?: (number | string);
  'bytesDone'?: (number | string | Long);
  'bytesTotal'?: (number | string | Long);
  'startTime'?: (_google_protobuf_TimestampInit | null);
  'endTime'?: (_google_protobuf_TimestampInit | null);
}

/**
 * How far the move of one shard group is.
 */
export interface MoveProgressMessage {
  'shardId': (string);
  'collection': (string);
  'sourceNode': (string);
  'targetNode': (string);
  'state': (_orrery_v1_MoveStateMessage);
  /**
   * While it runs: `set up`, `copy`, `catch up`, `build indexes`, `final catch-up`, `cut over`, `analyse`.
   */
  'phase': (string);
  /**
   * 0 to 1, by bytes and phase.
   */
  'fraction': (number);
  'bytesDone': (string);
  'bytesTotal': (string);
  'startTime': (_google_protobuf_TimestampMessage | null);
  'endTime': (_google_protobuf_TimestampMessage | null);
}
