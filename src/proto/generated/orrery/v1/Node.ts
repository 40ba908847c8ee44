// Original file: proto/orrery/v1/cluster_service.proto

import type { NodeRoleInit as _orrery_v1_NodeRoleInit, NodeRoleMessage as _orrery_v1_NodeRoleMessage } from '../../orrery/v1/NodeRole.ts';
import type { NodeStateInit as _orrery_v1_NodeStateInit, NodeStateMessage as _orrery_v1_NodeStateMessage } from '../../orrery/v1/NodeState.ts';
import type { Long } from '@grpc/proto-loader';

export interface NodeInit {
  'id'?: (number);
  /**
   * Node group: a primary and its standbys.
   */
  'groupId'?: (number);
  /**
   * `host:port` as the cluster names it.
   */
  'name'?: (string);
  'role'?: (_orrery_v1_NodeRoleInit);
  /**
   * Shards placed on its group, over all collections.
   */
  'shardCount'?: (number);
  /**
   * Seconds since this node last answered this coordinator; unset if it never has.
   */
  'secondsSinceAnswer'?: (number | string);
  /**
   * Why the last attempt failed; empty when it did not.
   */
  'lastError'?: (string);
  /**
   * The fields below: ListNodes only, and with engine `citus`; unset where the node could not be asked.
   */
  'state'?: (_orrery_v1_NodeStateInit);
  /**
   * Of the disk that holds the node's data.
   */
  'diskFreeBytes'?: (number | string | Long);
  'diskTotalBytes'?: (number | string | Long);
  /**
   * Tables and indexes of the shard groups on it.
   */
  'bytes'?: (number | string | Long);
  /**
   * As PostgreSQL's statistics estimate them.
   */
  'estimatedRows'?: (number | string | Long);
  /**
   * Queries x milliseconds per second of the shard groups on it, over all coordinators: 1,000 is one core
   * kept busy.
   */
  'load'?: (number | string);
  '_secondsSinceAnswer'?: "secondsSinceAnswer";
  '_diskFreeBytes'?: "diskFreeBytes";
  '_diskTotalBytes'?: "diskTotalBytes";
  '_bytes'?: "bytes";
  '_estimatedRows'?: "estimatedRows";
  '_load'?: "load";
}

export interface NodeMessage {
  'id': (number);
  /**
   * Node group: a primary and its standbys.
   */
  'groupId': (number);
  /**
   * `host:port` as the cluster names it.
   */
  'name': (string);
  'role': (_orrery_v1_NodeRoleMessage);
  /**
   * Shards placed on its group, over all collections.
   */
  'shardCount': (number);
  /**
   * Seconds since this node last answered this coordinator; unset if it never has.
   */
  'secondsSinceAnswer'?: (number);
  /**
   * Why the last attempt failed; empty when it did not.
   */
  'lastError': (string);
  /**
   * The fields below: ListNodes only, and with engine `citus`; unset where the node could not be asked.
   */
  'state': (_orrery_v1_NodeStateMessage);
  /**
   * Of the disk that holds the node's data.
   */
  'diskFreeBytes'?: (string);
  'diskTotalBytes'?: (string);
  /**
   * Tables and indexes of the shard groups on it.
   */
  'bytes'?: (string);
  /**
   * As PostgreSQL's statistics estimate them.
   */
  'estimatedRows'?: (string);
  /**
   * Queries x milliseconds per second of the shard groups on it, over all coordinators: 1,000 is one core
   * kept busy.
   */
  'load'?: (number);
}
