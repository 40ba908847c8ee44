// Original file: proto/orrery/v1/namespace_service.proto

import type { Long } from '@grpc/proto-loader';

export interface NamespaceInit {
  'name'?: (string);
  /**
   * The shard that holds it.
   */
  'shardId'?: (number | string | Long);
  'groupId'?: (number);
  /**
   * Rows as PostgreSQL's statistics estimate them; unset where there are none.
   */
  'estimatedRows'?: (number | string | Long);
  /**
   * GetNamespace only: bytes of its rows without indexes, estimated.
   */
  'estimatedBytes'?: (number | string | Long);
  /**
   * GetNamespace only: rows as counted.
   */
  'rows'?: (number | string | Long);
  /**
   * GetNamespace only: the node group that its shard group has to be on; unset when it is not pinned.
   */
  'pinnedGroupId'?: (number);
  '_estimatedRows'?: "estimatedRows";
  '_estimatedBytes'?: "estimatedBytes";
  '_rows'?: "rows";
  '_pinnedGroupId'?: "pinnedGroupId";
}

export interface NamespaceMessage {
  'name': (string);
  /**
   * The shard that holds it.
   */
  'shardId': (string);
  'groupId': (number);
  /**
   * Rows as PostgreSQL's statistics estimate them; unset where there are none.
   */
  'estimatedRows'?: (string);
  /**
   * GetNamespace only: bytes of its rows without indexes, estimated.
   */
  'estimatedBytes'?: (string);
  /**
   * GetNamespace only: rows as counted.
   */
  'rows'?: (string);
  /**
   * GetNamespace only: the node group that its shard group has to be on; unset when it is not pinned.
   */
  'pinnedGroupId'?: (number);
}
