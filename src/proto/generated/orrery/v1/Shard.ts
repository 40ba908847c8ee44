// Original file: proto/orrery/v1/cluster_service.proto

import type { Long } from '@grpc/proto-loader';

/**
 * A contiguous range of the 32-bit hash ring of one collection.
 */
export interface ShardInit {
  'id'?: (number | string | Long);
  'collection'?: (string);
  /**
   * Both ends included.
   */
  'hashMin'?: (number);
  'hashMax'?: (number);
  'groupId'?: (number);
  /**
   * Rows as PostgreSQL's statistics estimate them; ListShards only, unset where there are none.
   */
  'estimatedRows'?: (number | string | Long);
  /**
   * Tables and indexes of its shard group; ListShards only, and with engine `citus`.
   */
  'bytes'?: (number | string | Long);
  /**
   * Queries x milliseconds per second over all coordinators; ListShards only.
   */
  'load'?: (number | string);
  '_estimatedRows'?: "estimatedRows";
  '_bytes'?: "bytes";
  '_load'?: "load";
}

/**
 * A contiguous range of the 32-bit hash ring of one collection.
 */
export interface ShardMessage {
  'id': (string);
  'collection': (string);
  /**
   * Both ends included.
   */
  'hashMin': (number);
  'hashMax': (number);
  'groupId': (number);
  /**
   * Rows as PostgreSQL's statistics estimate them; ListShards only, unset where there are none.
   */
  'estimatedRows'?: (string);
  /**
   * Tables and indexes of its shard group; ListShards only, and with engine `citus`.
   */
  'bytes'?: (string);
  /**
   * Queries x milliseconds per second over all coordinators; ListShards only.
   */
  'load'?: (number);
}
