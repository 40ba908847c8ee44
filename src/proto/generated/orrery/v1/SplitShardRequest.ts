// Original file: proto/orrery/v1/cluster_service.proto

import type { MoveOptionsInit as _orrery_v1_MoveOptionsInit, MoveOptionsMessage as _orrery_v1_MoveOptionsMessage } from '../../orrery/v1/MoveOptions.ts';
import type { Long } from '@grpc/proto-loader';

export interface SplitShardRequestInit {
  'shardId'?: (number | string | Long);
  /**
   * Last hash of each piece but the last, ascending, inside the shard's range; at most 31. Empty: two pieces
   * with as many rows each.
   */
  'splitPoints'?: (number)[];
  'requestId'?: (string);
  'validateOnly'?: (boolean);
  /**
   * Nodes that get the pieces: one for all of them, or one for each in the order of their hashes. Empty: the
   * nodes that carry least. A piece for the node that holds the shard group now is made elsewhere and then
   * moved there.
   */
  'targetNodes'?: (string)[];
  /**
   * `moves_per_node` and `abort_on_slo` are for pieces that are moved afterwards.
   */
  'options'?: (_orrery_v1_MoveOptionsInit | null);
}

export interface SplitShardRequestMessage {
  'shardId': (string);
  /**
   * Last hash of each piece but the last, ascending, inside the shard's range; at most 31. Empty: two pieces
   * with as many rows each.
   */
  'splitPoints': (number)[];
  'requestId': (string);
  'validateOnly': (boolean);
  /**
   * Nodes that get the pieces: one for all of them, or one for each in the order of their hashes. Empty: the
   * nodes that carry least. A piece for the node that holds the shard group now is made elsewhere and then
   * moved there.
   */
  'targetNodes': (string)[];
  /**
   * `moves_per_node` and `abort_on_slo` are for pieces that are moved afterwards.
   */
  'options': (_orrery_v1_MoveOptionsMessage | null);
}
