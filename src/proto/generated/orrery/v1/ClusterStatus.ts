// Original file: proto/orrery/v1/cluster_service.proto

import type { CoordinatorInit as _orrery_v1_CoordinatorInit, CoordinatorMessage as _orrery_v1_CoordinatorMessage } from '../../orrery/v1/Coordinator.ts';
import type { NodeInit as _orrery_v1_NodeInit, NodeMessage as _orrery_v1_NodeMessage } from '../../orrery/v1/Node.ts';
import type { Long } from '@grpc/proto-loader';

export interface ClusterStatusInit {
  /**
   * `citus`, `postgres` or `embedded`.
   */
  'engine'?: (string);
  'clusterId'?: (string);
  'epoch'?: (number | string | Long);
  /**
   * `etcd` or `memory`.
   */
  'mapStore'?: (string);
  'mapStoreReachable'?: (boolean);
  /**
   * True when this coordinator is the leader that publishes the map.
   */
  'leader'?: (boolean);
  'coordinators'?: (_orrery_v1_CoordinatorInit)[];
  'nodes'?: (_orrery_v1_NodeInit)[];
  /**
   * What an admin should act on, a sentence each.
   */
  'findings'?: (string)[];
}

export interface ClusterStatusMessage {
  /**
   * `citus`, `postgres` or `embedded`.
   */
  'engine': (string);
  'clusterId': (string);
  'epoch': (string);
  /**
   * `etcd` or `memory`.
   */
  'mapStore': (string);
  'mapStoreReachable': (boolean);
  /**
   * True when this coordinator is the leader that publishes the map.
   */
  'leader': (boolean);
  'coordinators': (_orrery_v1_CoordinatorMessage)[];
  'nodes': (_orrery_v1_NodeMessage)[];
  /**
   * What an admin should act on, a sentence each.
   */
  'findings': (string)[];
}
