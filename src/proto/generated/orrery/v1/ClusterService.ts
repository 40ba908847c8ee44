// Original file: proto/orrery/v1/cluster_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AddNodeRequestInit as _orrery_v1_AddNodeRequestInit, AddNodeRequestMessage as _orrery_v1_AddNodeRequestMessage } from '../../orrery/v1/AddNodeRequest.ts';
import type { ClusterStatusInit as _orrery_v1_ClusterStatusInit, ClusterStatusMessage as _orrery_v1_ClusterStatusMessage } from '../../orrery/v1/ClusterStatus.ts';
import type { DrainNodeRequestInit as _orrery_v1_DrainNodeRequestInit, DrainNodeRequestMessage as _orrery_v1_DrainNodeRequestMessage } from '../../orrery/v1/DrainNodeRequest.ts';
import type { GetClusterStatusRequestInit as _orrery_v1_GetClusterStatusRequestInit, GetClusterStatusRequestMessage as _orrery_v1_GetClusterStatusRequestMessage } from '../../orrery/v1/GetClusterStatusRequest.ts';
import type { GetShardMapRequestInit as _orrery_v1_GetShardMapRequestInit, GetShardMapRequestMessage as _orrery_v1_GetShardMapRequestMessage } from '../../orrery/v1/GetShardMapRequest.ts';
import type { IsolateNamespaceRequestInit as _orrery_v1_IsolateNamespaceRequestInit, IsolateNamespaceRequestMessage as _orrery_v1_IsolateNamespaceRequestMessage } from '../../orrery/v1/IsolateNamespaceRequest.ts';
import type { ListNodesRequestInit as _orrery_v1_ListNodesRequestInit, ListNodesRequestMessage as _orrery_v1_ListNodesRequestMessage } from '../../orrery/v1/ListNodesRequest.ts';
import type { ListNodesResponseInit as _orrery_v1_ListNodesResponseInit, ListNodesResponseMessage as _orrery_v1_ListNodesResponseMessage } from '../../orrery/v1/ListNodesResponse.ts';
import type { ListShardsRequestInit as _orrery_v1_ListShardsRequestInit, ListShardsRequestMessage as _orrery_v1_ListShardsRequestMessage } from '../../orrery/v1/ListShardsRequest.ts';
import type { ListShardsResponseInit as _orrery_v1_ListShardsResponseInit, ListShardsResponseMessage as _orrery_v1_ListShardsResponseMessage } from '../../orrery/v1/ListShardsResponse.ts';
import type { MoveShardRequestInit as _orrery_v1_MoveShardRequestInit, MoveShardRequestMessage as _orrery_v1_MoveShardRequestMessage } from '../../orrery/v1/MoveShardRequest.ts';
import type { OperationInit as _orrery_v1_OperationInit, OperationMessage as _orrery_v1_OperationMessage } from '../../orrery/v1/Operation.ts';
import type { PlanRebalanceRequestInit as _orrery_v1_PlanRebalanceRequestInit, PlanRebalanceRequestMessage as _orrery_v1_PlanRebalanceRequestMessage } from '../../orrery/v1/PlanRebalanceRequest.ts';
import type { RebalancePlanInit as _orrery_v1_RebalancePlanInit, RebalancePlanMessage as _orrery_v1_RebalancePlanMessage } from '../../orrery/v1/RebalancePlan.ts';
import type { ReindexShardRequestInit as _orrery_v1_ReindexShardRequestInit, ReindexShardRequestMessage as _orrery_v1_ReindexShardRequestMessage } from '../../orrery/v1/ReindexShardRequest.ts';
import type { RemoveNodeRequestInit as _orrery_v1_RemoveNodeRequestInit, RemoveNodeRequestMessage as _orrery_v1_RemoveNodeRequestMessage } from '../../orrery/v1/RemoveNodeRequest.ts';
import type { RestoreNodeRequestInit as _orrery_v1_RestoreNodeRequestInit, RestoreNodeRequestMessage as _orrery_v1_RestoreNodeRequestMessage } from '../../orrery/v1/RestoreNodeRequest.ts';
import type { ShardMapInit as _orrery_v1_ShardMapInit, ShardMapMessage as _orrery_v1_ShardMapMessage } from '../../orrery/v1/ShardMap.ts';
import type { SplitShardRequestInit as _orrery_v1_SplitShardRequestInit, SplitShardRequestMessage as _orrery_v1_SplitShardRequestMessage } from '../../orrery/v1/SplitShardRequest.ts';
import type { StartRebalanceRequestInit as _orrery_v1_StartRebalanceRequestInit, StartRebalanceRequestMessage as _orrery_v1_StartRebalanceRequestMessage } from '../../orrery/v1/StartRebalanceRequest.ts';
import type { WatchShardMapRequestInit as _orrery_v1_WatchShardMapRequestInit, WatchShardMapRequestMessage as _orrery_v1_WatchShardMapRequestMessage } from '../../orrery/v1/WatchShardMapRequest.ts';

/**
 * What the cluster looks like: nodes, shards, and the map that routes requests; and what changes it.
 * 
 * Changes. The unit of everything that moves, splits or is balanced is the shard group: the co-located shards
 * of one hash range, named here by the id of the collection's shard. Only engine `citus` places shards at
 * runtime; the others answer changes with UNIMPLEMENTED. Every change returns an Operation and is checked
 * before anything is touched: what cannot be done is refused with the reason. A change with a `request_id`
 * may be sent again: it starts nothing twice. With `validate_only` the checks run, and the answer is an
 * Operation without id that says what would be done.
 */
export interface ClusterServiceClient extends grpc.Client {
  /**
   * Checks a PostgreSQL server, registers it and gives it what every node has. It holds no shards until some
   * are moved there.
   */
  AddNode(argument: _orrery_v1_AddNodeRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  AddNode(argument: _orrery_v1_AddNodeRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  AddNode(argument: _orrery_v1_AddNodeRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  AddNode(argument: _orrery_v1_AddNodeRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  /**
   * Checks a PostgreSQL server, registers it and gives it what every node has. It holds no shards until some
   * are moved there.
   */
  addNode(argument: _orrery_v1_AddNodeRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  addNode(argument: _orrery_v1_AddNodeRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  addNode(argument: _orrery_v1_AddNodeRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  addNode(argument: _orrery_v1_AddNodeRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  
  /**
   * Moves every shard group of the node's group elsewhere, and gives it no new ones.
   */
  DrainNode(argument: _orrery_v1_DrainNodeRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  DrainNode(argument: _orrery_v1_DrainNodeRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  DrainNode(argument: _orrery_v1_DrainNodeRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  DrainNode(argument: _orrery_v1_DrainNodeRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  /**
   * Moves every shard group of the node's group elsewhere, and gives it no new ones.
   */
  drainNode(argument: _orrery_v1_DrainNodeRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  drainNode(argument: _orrery_v1_DrainNodeRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  drainNode(argument: _orrery_v1_DrainNodeRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  drainNode(argument: _orrery_v1_DrainNodeRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  
  GetClusterStatus(argument: _orrery_v1_GetClusterStatusRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ClusterStatusMessage>): grpc.ClientUnaryCall;
  GetClusterStatus(argument: _orrery_v1_GetClusterStatusRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_ClusterStatusMessage>): grpc.ClientUnaryCall;
  GetClusterStatus(argument: _orrery_v1_GetClusterStatusRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ClusterStatusMessage>): grpc.ClientUnaryCall;
  GetClusterStatus(argument: _orrery_v1_GetClusterStatusRequestInit, callback: grpc.requestCallback<_orrery_v1_ClusterStatusMessage>): grpc.ClientUnaryCall;
  getClusterStatus(argument: _orrery_v1_GetClusterStatusRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ClusterStatusMessage>): grpc.ClientUnaryCall;
  getClusterStatus(argument: _orrery_v1_GetClusterStatusRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_ClusterStatusMessage>): grpc.ClientUnaryCall;
  getClusterStatus(argument: _orrery_v1_GetClusterStatusRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ClusterStatusMessage>): grpc.ClientUnaryCall;
  getClusterStatus(argument: _orrery_v1_GetClusterStatusRequestInit, callback: grpc.requestCallback<_orrery_v1_ClusterStatusMessage>): grpc.ClientUnaryCall;
  
  GetShardMap(argument: _orrery_v1_GetShardMapRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ShardMapMessage>): grpc.ClientUnaryCall;
  GetShardMap(argument: _orrery_v1_GetShardMapRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_ShardMapMessage>): grpc.ClientUnaryCall;
  GetShardMap(argument: _orrery_v1_GetShardMapRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ShardMapMessage>): grpc.ClientUnaryCall;
  GetShardMap(argument: _orrery_v1_GetShardMapRequestInit, callback: grpc.requestCallback<_orrery_v1_ShardMapMessage>): grpc.ClientUnaryCall;
  getShardMap(argument: _orrery_v1_GetShardMapRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ShardMapMessage>): grpc.ClientUnaryCall;
  getShardMap(argument: _orrery_v1_GetShardMapRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_ShardMapMessage>): grpc.ClientUnaryCall;
  getShardMap(argument: _orrery_v1_GetShardMapRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ShardMapMessage>): grpc.ClientUnaryCall;
  getShardMap(argument: _orrery_v1_GetShardMapRequestInit, callback: grpc.requestCallback<_orrery_v1_ShardMapMessage>): grpc.ClientUnaryCall;
  
  /**
   * Gives a namespace a shard group of its own: splits its shard group before and after its hash, as
   * SplitShard does. There is no way back.
   */
  IsolateNamespace(argument: _orrery_v1_IsolateNamespaceRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  IsolateNamespace(argument: _orrery_v1_IsolateNamespaceRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  IsolateNamespace(argument: _orrery_v1_IsolateNamespaceRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  IsolateNamespace(argument: _orrery_v1_IsolateNamespaceRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  /**
   * Gives a namespace a shard group of its own: splits its shard group before and after its hash, as
   * SplitShard does. There is no way back.
   */
  isolateNamespace(argument: _orrery_v1_IsolateNamespaceRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  isolateNamespace(argument: _orrery_v1_IsolateNamespaceRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  isolateNamespace(argument: _orrery_v1_IsolateNamespaceRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  isolateNamespace(argument: _orrery_v1_IsolateNamespaceRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  
  ListNodes(argument: _orrery_v1_ListNodesRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListNodesResponseMessage>): grpc.ClientUnaryCall;
  ListNodes(argument: _orrery_v1_ListNodesRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_ListNodesResponseMessage>): grpc.ClientUnaryCall;
  ListNodes(argument: _orrery_v1_ListNodesRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListNodesResponseMessage>): grpc.ClientUnaryCall;
  ListNodes(argument: _orrery_v1_ListNodesRequestInit, callback: grpc.requestCallback<_orrery_v1_ListNodesResponseMessage>): grpc.ClientUnaryCall;
  listNodes(argument: _orrery_v1_ListNodesRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListNodesResponseMessage>): grpc.ClientUnaryCall;
  listNodes(argument: _orrery_v1_ListNodesRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_ListNodesResponseMessage>): grpc.ClientUnaryCall;
  listNodes(argument: _orrery_v1_ListNodesRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListNodesResponseMessage>): grpc.ClientUnaryCall;
  listNodes(argument: _orrery_v1_ListNodesRequestInit, callback: grpc.requestCallback<_orrery_v1_ListNodesResponseMessage>): grpc.ClientUnaryCall;
  
  ListShards(argument: _orrery_v1_ListShardsRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListShardsResponseMessage>): grpc.ClientUnaryCall;
  ListShards(argument: _orrery_v1_ListShardsRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_ListShardsResponseMessage>): grpc.ClientUnaryCall;
  ListShards(argument: _orrery_v1_ListShardsRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListShardsResponseMessage>): grpc.ClientUnaryCall;
  ListShards(argument: _orrery_v1_ListShardsRequestInit, callback: grpc.requestCallback<_orrery_v1_ListShardsResponseMessage>): grpc.ClientUnaryCall;
  listShards(argument: _orrery_v1_ListShardsRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListShardsResponseMessage>): grpc.ClientUnaryCall;
  listShards(argument: _orrery_v1_ListShardsRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_ListShardsResponseMessage>): grpc.ClientUnaryCall;
  listShards(argument: _orrery_v1_ListShardsRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListShardsResponseMessage>): grpc.ClientUnaryCall;
  listShards(argument: _orrery_v1_ListShardsRequestInit, callback: grpc.requestCallback<_orrery_v1_ListShardsResponseMessage>): grpc.ClientUnaryCall;
  
  /**
   * Moves one shard group to another node. Searches and writes go on meanwhile.
   */
  MoveShard(argument: _orrery_v1_MoveShardRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  MoveShard(argument: _orrery_v1_MoveShardRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  MoveShard(argument: _orrery_v1_MoveShardRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  MoveShard(argument: _orrery_v1_MoveShardRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  /**
   * Moves one shard group to another node. Searches and writes go on meanwhile.
   */
  moveShard(argument: _orrery_v1_MoveShardRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  moveShard(argument: _orrery_v1_MoveShardRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  moveShard(argument: _orrery_v1_MoveShardRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  moveShard(argument: _orrery_v1_MoveShardRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  
  /**
   * Says what a rebalance would do, what it would cost and what it would bring. Changes nothing; reads sizes
   * on every node.
   */
  PlanRebalance(argument: _orrery_v1_PlanRebalanceRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_RebalancePlanMessage>): grpc.ClientUnaryCall;
  PlanRebalance(argument: _orrery_v1_PlanRebalanceRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_RebalancePlanMessage>): grpc.ClientUnaryCall;
  PlanRebalance(argument: _orrery_v1_PlanRebalanceRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_RebalancePlanMessage>): grpc.ClientUnaryCall;
  PlanRebalance(argument: _orrery_v1_PlanRebalanceRequestInit, callback: grpc.requestCallback<_orrery_v1_RebalancePlanMessage>): grpc.ClientUnaryCall;
  /**
   * Says what a rebalance would do, what it would cost and what it would bring. Changes nothing; reads sizes
   * on every node.
   */
  planRebalance(argument: _orrery_v1_PlanRebalanceRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_RebalancePlanMessage>): grpc.ClientUnaryCall;
  planRebalance(argument: _orrery_v1_PlanRebalanceRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_RebalancePlanMessage>): grpc.ClientUnaryCall;
  planRebalance(argument: _orrery_v1_PlanRebalanceRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_RebalancePlanMessage>): grpc.ClientUnaryCall;
  planRebalance(argument: _orrery_v1_PlanRebalanceRequestInit, callback: grpc.requestCallback<_orrery_v1_RebalancePlanMessage>): grpc.ClientUnaryCall;
  
  /**
   * Builds the vector index of a shard anew, also with other settings, while searches and writes go on: the
   * old index serves until the new one is whole, which takes room for both. One at a time on a node.
   * Cancelled, the index is what it was. A move builds with the settings of the collection; the leader has
   * the index then built with those of the shard again, as this request does without `m` and
   * `ef_construction`.
   */
  ReindexShard(argument: _orrery_v1_ReindexShardRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  ReindexShard(argument: _orrery_v1_ReindexShardRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  ReindexShard(argument: _orrery_v1_ReindexShardRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  ReindexShard(argument: _orrery_v1_ReindexShardRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  /**
   * Builds the vector index of a shard anew, also with other settings, while searches and writes go on: the
   * old index serves until the new one is whole, which takes room for both. One at a time on a node.
   * Cancelled, the index is what it was. A move builds with the settings of the collection; the leader has
   * the index then built with those of the shard again, as this request does without `m` and
   * `ef_construction`.
   */
  reindexShard(argument: _orrery_v1_ReindexShardRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  reindexShard(argument: _orrery_v1_ReindexShardRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  reindexShard(argument: _orrery_v1_ReindexShardRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  reindexShard(argument: _orrery_v1_ReindexShardRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  
  /**
   * Takes a node that holds nothing any more out of the cluster.
   */
  RemoveNode(argument: _orrery_v1_RemoveNodeRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  RemoveNode(argument: _orrery_v1_RemoveNodeRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  RemoveNode(argument: _orrery_v1_RemoveNodeRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  RemoveNode(argument: _orrery_v1_RemoveNodeRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  /**
   * Takes a node that holds nothing any more out of the cluster.
   */
  removeNode(argument: _orrery_v1_RemoveNodeRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  removeNode(argument: _orrery_v1_RemoveNodeRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  removeNode(argument: _orrery_v1_RemoveNodeRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  removeNode(argument: _orrery_v1_RemoveNodeRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  
  /**
   * Undoes a drain: the node may hold shards again. What it held before comes back with the next
   * rebalance.
   */
  RestoreNode(argument: _orrery_v1_RestoreNodeRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  RestoreNode(argument: _orrery_v1_RestoreNodeRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  RestoreNode(argument: _orrery_v1_RestoreNodeRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  RestoreNode(argument: _orrery_v1_RestoreNodeRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  /**
   * Undoes a drain: the node may hold shards again. What it held before comes back with the next
   * rebalance.
   */
  restoreNode(argument: _orrery_v1_RestoreNodeRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  restoreNode(argument: _orrery_v1_RestoreNodeRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  restoreNode(argument: _orrery_v1_RestoreNodeRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  restoreNode(argument: _orrery_v1_RestoreNodeRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  
  /**
   * Splits one shard group in two or more. While records are written, the pieces are made on other nodes: on
   * the node of the shard group itself, Citus would never end the split (its issue 6790). Where no other node
   * may hold them, it is refused (WRITES_WOULD_WAIT) unless writes to the shard may wait until it ends
   * (TRANSFER_MODE_BLOCK_WRITES); the pieces then stay on its node. With `validate_only`, `message` says
   * where each piece would go, what that takes on each disk, and for how long writes would wait;
   * `arguments.pieces` has the same for programs.
   */
  SplitShard(argument: _orrery_v1_SplitShardRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  SplitShard(argument: _orrery_v1_SplitShardRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  SplitShard(argument: _orrery_v1_SplitShardRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  SplitShard(argument: _orrery_v1_SplitShardRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  /**
   * Splits one shard group in two or more. While records are written, the pieces are made on other nodes: on
   * the node of the shard group itself, Citus would never end the split (its issue 6790). Where no other node
   * may hold them, it is refused (WRITES_WOULD_WAIT) unless writes to the shard may wait until it ends
   * (TRANSFER_MODE_BLOCK_WRITES); the pieces then stay on its node. With `validate_only`, `message` says
   * where each piece would go, what that takes on each disk, and for how long writes would wait;
   * `arguments.pieces` has the same for programs.
   */
  splitShard(argument: _orrery_v1_SplitShardRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  splitShard(argument: _orrery_v1_SplitShardRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  splitShard(argument: _orrery_v1_SplitShardRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  splitShard(argument: _orrery_v1_SplitShardRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  
  /**
   * Carries out a plan.
   */
  StartRebalance(argument: _orrery_v1_StartRebalanceRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  StartRebalance(argument: _orrery_v1_StartRebalanceRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  StartRebalance(argument: _orrery_v1_StartRebalanceRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  StartRebalance(argument: _orrery_v1_StartRebalanceRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  /**
   * Carries out a plan.
   */
  startRebalance(argument: _orrery_v1_StartRebalanceRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  startRebalance(argument: _orrery_v1_StartRebalanceRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  startRebalance(argument: _orrery_v1_StartRebalanceRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  startRebalance(argument: _orrery_v1_StartRebalanceRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  
  /**
   * The present map, then every newer one this coordinator serves from.
   */
  WatchShardMap(argument: _orrery_v1_WatchShardMapRequestInit, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_orrery_v1_ShardMapMessage>;
  WatchShardMap(argument: _orrery_v1_WatchShardMapRequestInit, options?: grpc.CallOptions): grpc.ClientReadableStream<_orrery_v1_ShardMapMessage>;
  /**
   * The present map, then every newer one this coordinator serves from.
   */
  watchShardMap(argument: _orrery_v1_WatchShardMapRequestInit, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_orrery_v1_ShardMapMessage>;
  watchShardMap(argument: _orrery_v1_WatchShardMapRequestInit, options?: grpc.CallOptions): grpc.ClientReadableStream<_orrery_v1_ShardMapMessage>;
  
}

/**
 * What the cluster looks like: nodes, shards, and the map that routes requests; and what changes it.
 * 
 * Changes. The unit of everything that moves, splits or is balanced is the shard group: the co-located shards
 * of one hash range, named here by the id of the collection's shard. Only engine `citus` places shards at
 * runtime; the others answer changes with UNIMPLEMENTED. Every change returns an Operation and is checked
 * before anything is touched: what cannot be done is refused with the reason. A change with a `request_id`
 * may be sent again: it starts nothing twice. With `validate_only` the checks run, and the answer is an
 * Operation without id that says what would be done.
 */
export interface ClusterServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Checks a PostgreSQL server, registers it and gives it what every node has. It holds no shards until some
   * are moved there.
   */
  AddNode: grpc.handleUnaryCall<_orrery_v1_AddNodeRequestMessage, _orrery_v1_OperationInit>;
  
  /**
   * Moves every shard group of the node's group elsewhere, and gives it no new ones.
   */
  DrainNode: grpc.handleUnaryCall<_orrery_v1_DrainNodeRequestMessage, _orrery_v1_OperationInit>;
  
  GetClusterStatus: grpc.handleUnaryCall<_orrery_v1_GetClusterStatusRequestMessage, _orrery_v1_ClusterStatusInit>;
  
  GetShardMap: grpc.handleUnaryCall<_orrery_v1_GetShardMapRequestMessage, _orrery_v1_ShardMapInit>;
  
  /**
   * Gives a namespace a shard group of its own: splits its shard group before and after its hash, as
   * SplitShard does. There is no way back.
   */
  IsolateNamespace: grpc.handleUnaryCall<_orrery_v1_IsolateNamespaceRequestMessage, _orrery_v1_OperationInit>;
  
  ListNodes: grpc.handleUnaryCall<_orrery_v1_ListNodesRequestMessage, _orrery_v1_ListNodesResponseInit>;
  
  ListShards: grpc.handleUnaryCall<_orrery_v1_ListShardsRequestMessage, _orrery_v1_ListShardsResponseInit>;
  
  /**
   * Moves one shard group to another node. Searches and writes go on meanwhile.
   */
  MoveShard: grpc.handleUnaryCall<_orrery_v1_MoveShardRequestMessage, _orrery_v1_OperationInit>;
  
  /**
   * Says what a rebalance would do, what it would cost and what it would bring. Changes nothing; reads sizes
   * on every node.
   */
  PlanRebalance: grpc.handleUnaryCall<_orrery_v1_PlanRebalanceRequestMessage, _orrery_v1_RebalancePlanInit>;
  
  /**
   * Builds the vector index of a shard anew, also with other settings, while searches and writes go on: the
   * old index serves until the new one is whole, which takes room for both. One at a time on a node.
   * Cancelled, the index is what it was. A move builds with the settings of the collection; the leader has
   * the index then built with those of the shard again, as this request does without `m` and
   * `ef_construction`.
   */
  ReindexShard: grpc.handleUnaryCall<_orrery_v1_ReindexShardRequestMessage, _orrery_v1_OperationInit>;
  
  /**
   * Takes a node that holds nothing any more out of the cluster.
   */
  RemoveNode: grpc.handleUnaryCall<_orrery_v1_RemoveNodeRequestMessage, _orrery_v1_OperationInit>;
  
  /**
   * Undoes a drain: the node may hold shards again. What it held before comes back with the next
   * rebalance.
   */
  RestoreNode: grpc.handleUnaryCall<_orrery_v1_RestoreNodeRequestMessage, _orrery_v1_OperationInit>;
  
  /**
   * Splits one shard group in two or more. While records are written, the pieces are made on other nodes: on
   * the node of the shard group itself, Citus would never end the split (its issue 6790). Where no other node
   * may hold them, it is refused (WRITES_WOULD_WAIT) unless writes to the shard may wait until it ends
   * (TRANSFER_MODE_BLOCK_WRITES); the pieces then stay on its node. With `validate_only`, `message` says
   * where each piece would go, what that takes on each disk, and for how long writes would wait;
   * `arguments.pieces` has the same for programs.
   */
  SplitShard: grpc.handleUnaryCall<_orrery_v1_SplitShardRequestMessage, _orrery_v1_OperationInit>;
  
  /**
   * Carries out a plan.
   */
  StartRebalance: grpc.handleUnaryCall<_orrery_v1_StartRebalanceRequestMessage, _orrery_v1_OperationInit>;
  
  /**
   * The present map, then every newer one this coordinator serves from.
   */
  WatchShardMap: grpc.handleServerStreamingCall<_orrery_v1_WatchShardMapRequestMessage, _orrery_v1_ShardMapInit>;
  
}

export interface ClusterServiceDefinition extends grpc.ServiceDefinition {
  AddNode: MethodDefinition<_orrery_v1_AddNodeRequestInit, _orrery_v1_OperationInit, _orrery_v1_AddNodeRequestMessage, _orrery_v1_OperationMessage>
  DrainNode: MethodDefinition<_orrery_v1_DrainNodeRequestInit, _orrery_v1_OperationInit, _orrery_v1_DrainNodeRequestMessage, _orrery_v1_OperationMessage>
  GetClusterStatus: MethodDefinition<_orrery_v1_GetClusterStatusRequestInit, _orrery_v1_ClusterStatusInit, _orrery_v1_GetClusterStatusRequestMessage, _orrery_v1_ClusterStatusMessage>
  GetShardMap: MethodDefinition<_orrery_v1_GetShardMapRequestInit, _orrery_v1_ShardMapInit, _orrery_v1_GetShardMapRequestMessage, _orrery_v1_ShardMapMessage>
  IsolateNamespace: MethodDefinition<_orrery_v1_IsolateNamespaceRequestInit, _orrery_v1_OperationInit, _orrery_v1_IsolateNamespaceRequestMessage, _orrery_v1_OperationMessage>
  ListNodes: MethodDefinition<_orrery_v1_ListNodesRequestInit, _orrery_v1_ListNodesResponseInit, _orrery_v1_ListNodesRequestMessage, _orrery_v1_ListNodesResponseMessage>
  ListShards: MethodDefinition<_orrery_v1_ListShardsRequestInit, _orrery_v1_ListShardsResponseInit, _orrery_v1_ListShardsRequestMessage, _orrery_v1_ListShardsResponseMessage>
  MoveShard: MethodDefinition<_orrery_v1_MoveShardRequestInit, _orrery_v1_OperationInit, _orrery_v1_MoveShardRequestMessage, _orrery_v1_OperationMessage>
  PlanRebalance: MethodDefinition<_orrery_v1_PlanRebalanceRequestInit, _orrery_v1_RebalancePlanInit, _orrery_v1_PlanRebalanceRequestMessage, _orrery_v1_RebalancePlanMessage>
  ReindexShard: MethodDefinition<_orrery_v1_ReindexShardRequestInit, _orrery_v1_OperationInit, _orrery_v1_ReindexShardRequestMessage, _orrery_v1_OperationMessage>
  RemoveNode: MethodDefinition<_orrery_v1_RemoveNodeRequestInit, _orrery_v1_OperationInit, _orrery_v1_RemoveNodeRequestMessage, _orrery_v1_OperationMessage>
  RestoreNode: MethodDefinition<_orrery_v1_RestoreNodeRequestInit, _orrery_v1_OperationInit, _orrery_v1_RestoreNodeRequestMessage, _orrery_v1_OperationMessage>
  SplitShard: MethodDefinition<_orrery_v1_SplitShardRequestInit, _orrery_v1_OperationInit, _orrery_v1_SplitShardRequestMessage, _orrery_v1_OperationMessage>
  StartRebalance: MethodDefinition<_orrery_v1_StartRebalanceRequestInit, _orrery_v1_OperationInit, _orrery_v1_StartRebalanceRequestMessage, _orrery_v1_OperationMessage>
  WatchShardMap: MethodDefinition<_orrery_v1_WatchShardMapRequestInit, _orrery_v1_ShardMapInit, _orrery_v1_WatchShardMapRequestMessage, _orrery_v1_ShardMapMessage>
}
