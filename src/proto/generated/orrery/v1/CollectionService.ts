// Original file: proto/orrery/v1/collection_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CollectionInit as _orrery_v1_CollectionInit, CollectionMessage as _orrery_v1_CollectionMessage } from '../../orrery/v1/Collection.ts';
import type { CreateCollectionRequestInit as _orrery_v1_CreateCollectionRequestInit, CreateCollectionRequestMessage as _orrery_v1_CreateCollectionRequestMessage } from '../../orrery/v1/CreateCollectionRequest.ts';
import type { DeleteCollectionRequestInit as _orrery_v1_DeleteCollectionRequestInit, DeleteCollectionRequestMessage as _orrery_v1_DeleteCollectionRequestMessage } from '../../orrery/v1/DeleteCollectionRequest.ts';
import type { GetCollectionRequestInit as _orrery_v1_GetCollectionRequestInit, GetCollectionRequestMessage as _orrery_v1_GetCollectionRequestMessage } from '../../orrery/v1/GetCollectionRequest.ts';
import type { ListCollectionsRequestInit as _orrery_v1_ListCollectionsRequestInit, ListCollectionsRequestMessage as _orrery_v1_ListCollectionsRequestMessage } from '../../orrery/v1/ListCollectionsRequest.ts';
import type { ListCollectionsResponseInit as _orrery_v1_ListCollectionsResponseInit, ListCollectionsResponseMessage as _orrery_v1_ListCollectionsResponseMessage } from '../../orrery/v1/ListCollectionsResponse.ts';
import type { OperationInit as _orrery_v1_OperationInit, OperationMessage as _orrery_v1_OperationMessage } from '../../orrery/v1/Operation.ts';
import type { UpdateCollectionRequestInit as _orrery_v1_UpdateCollectionRequestInit, UpdateCollectionRequestMessage as _orrery_v1_UpdateCollectionRequestMessage } from '../../orrery/v1/UpdateCollectionRequest.ts';

/**
 * A collection is one distributed table: a dimension, a metric and the settings of its index.
 */
export interface CollectionServiceClient extends grpc.Client {
  /**
   * Finished means: every live coordinator serves it.
   */
  CreateCollection(argument: _orrery_v1_CreateCollectionRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  CreateCollection(argument: _orrery_v1_CreateCollectionRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  CreateCollection(argument: _orrery_v1_CreateCollectionRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  CreateCollection(argument: _orrery_v1_CreateCollectionRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  /**
   * Finished means: every live coordinator serves it.
   */
  createCollection(argument: _orrery_v1_CreateCollectionRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  createCollection(argument: _orrery_v1_CreateCollectionRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  createCollection(argument: _orrery_v1_CreateCollectionRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  createCollection(argument: _orrery_v1_CreateCollectionRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  
  /**
   * Deletes the collection and every record in it.
   */
  DeleteCollection(argument: _orrery_v1_DeleteCollectionRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  DeleteCollection(argument: _orrery_v1_DeleteCollectionRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  DeleteCollection(argument: _orrery_v1_DeleteCollectionRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  DeleteCollection(argument: _orrery_v1_DeleteCollectionRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  /**
   * Deletes the collection and every record in it.
   */
  deleteCollection(argument: _orrery_v1_DeleteCollectionRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  deleteCollection(argument: _orrery_v1_DeleteCollectionRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  deleteCollection(argument: _orrery_v1_DeleteCollectionRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  deleteCollection(argument: _orrery_v1_DeleteCollectionRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  
  GetCollection(argument: _orrery_v1_GetCollectionRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_CollectionMessage>): grpc.ClientUnaryCall;
  GetCollection(argument: _orrery_v1_GetCollectionRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_CollectionMessage>): grpc.ClientUnaryCall;
  GetCollection(argument: _orrery_v1_GetCollectionRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_CollectionMessage>): grpc.ClientUnaryCall;
  GetCollection(argument: _orrery_v1_GetCollectionRequestInit, callback: grpc.requestCallback<_orrery_v1_CollectionMessage>): grpc.ClientUnaryCall;
  getCollection(argument: _orrery_v1_GetCollectionRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_CollectionMessage>): grpc.ClientUnaryCall;
  getCollection(argument: _orrery_v1_GetCollectionRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_CollectionMessage>): grpc.ClientUnaryCall;
  getCollection(argument: _orrery_v1_GetCollectionRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_CollectionMessage>): grpc.ClientUnaryCall;
  getCollection(argument: _orrery_v1_GetCollectionRequestInit, callback: grpc.requestCallback<_orrery_v1_CollectionMessage>): grpc.ClientUnaryCall;
  
  ListCollections(argument: _orrery_v1_ListCollectionsRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListCollectionsResponseMessage>): grpc.ClientUnaryCall;
  ListCollections(argument: _orrery_v1_ListCollectionsRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_ListCollectionsResponseMessage>): grpc.ClientUnaryCall;
  ListCollections(argument: _orrery_v1_ListCollectionsRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListCollectionsResponseMessage>): grpc.ClientUnaryCall;
  ListCollections(argument: _orrery_v1_ListCollectionsRequestInit, callback: grpc.requestCallback<_orrery_v1_ListCollectionsResponseMessage>): grpc.ClientUnaryCall;
  listCollections(argument: _orrery_v1_ListCollectionsRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListCollectionsResponseMessage>): grpc.ClientUnaryCall;
  listCollections(argument: _orrery_v1_ListCollectionsRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_ListCollectionsResponseMessage>): grpc.ClientUnaryCall;
  listCollections(argument: _orrery_v1_ListCollectionsRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListCollectionsResponseMessage>): grpc.ClientUnaryCall;
  listCollections(argument: _orrery_v1_ListCollectionsRequestInit, callback: grpc.requestCallback<_orrery_v1_ListCollectionsResponseMessage>): grpc.ClientUnaryCall;
  
  /**
   * Adds and drops filter indexes and changes settings, while searches and writes go on. An index is used
   * once it is on every shard. Cancelled while indexes are built, what was built is dropped; later it goes to
   * its end. Shards of the collection are not moved meanwhile.
   */
  UpdateCollection(argument: _orrery_v1_UpdateCollectionRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  UpdateCollection(argument: _orrery_v1_UpdateCollectionRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  UpdateCollection(argument: _orrery_v1_UpdateCollectionRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  UpdateCollection(argument: _orrery_v1_UpdateCollectionRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  /**
   * Adds and drops filter indexes and changes settings, while searches and writes go on. An index is used
   * once it is on every shard. Cancelled while indexes are built, what was built is dropped; later it goes to
   * its end. Shards of the collection are not moved meanwhile.
   */
  updateCollection(argument: _orrery_v1_UpdateCollectionRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  updateCollection(argument: _orrery_v1_UpdateCollectionRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  updateCollection(argument: _orrery_v1_UpdateCollectionRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  updateCollection(argument: _orrery_v1_UpdateCollectionRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  
}

/**
 * A collection is one distributed table: a dimension, a metric and the settings of its index.
 */
export interface CollectionServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Finished means: every live coordinator serves it.
   */
  CreateCollection: grpc.handleUnaryCall<_orrery_v1_CreateCollectionRequestMessage, _orrery_v1_OperationInit>;
  
  /**
   * Deletes the collection and every record in it.
   */
  DeleteCollection: grpc.handleUnaryCall<_orrery_v1_DeleteCollectionRequestMessage, _orrery_v1_OperationInit>;
  
  GetCollection: grpc.handleUnaryCall<_orrery_v1_GetCollectionRequestMessage, _orrery_v1_CollectionInit>;
  
  ListCollections: grpc.handleUnaryCall<_orrery_v1_ListCollectionsRequestMessage, _orrery_v1_ListCollectionsResponseInit>;
  
  /**
   * Adds and drops filter indexes and changes settings, while searches and writes go on. An index is used
   * once it is on every shard. Cancelled while indexes are built, what was built is dropped; later it goes to
   * its end. Shards of the collection are not moved meanwhile.
   */
  UpdateCollection: grpc.handleUnaryCall<_orrery_v1_UpdateCollectionRequestMessage, _orrery_v1_OperationInit>;
  
}

export interface CollectionServiceDefinition extends grpc.ServiceDefinition {
  CreateCollection: MethodDefinition<_orrery_v1_CreateCollectionRequestInit, _orrery_v1_OperationInit, _orrery_v1_CreateCollectionRequestMessage, _orrery_v1_OperationMessage>
  DeleteCollection: MethodDefinition<_orrery_v1_DeleteCollectionRequestInit, _orrery_v1_OperationInit, _orrery_v1_DeleteCollectionRequestMessage, _orrery_v1_OperationMessage>
  GetCollection: MethodDefinition<_orrery_v1_GetCollectionRequestInit, _orrery_v1_CollectionInit, _orrery_v1_GetCollectionRequestMessage, _orrery_v1_CollectionMessage>
  ListCollections: MethodDefinition<_orrery_v1_ListCollectionsRequestInit, _orrery_v1_ListCollectionsResponseInit, _orrery_v1_ListCollectionsRequestMessage, _orrery_v1_ListCollectionsResponseMessage>
  UpdateCollection: MethodDefinition<_orrery_v1_UpdateCollectionRequestInit, _orrery_v1_OperationInit, _orrery_v1_UpdateCollectionRequestMessage, _orrery_v1_OperationMessage>
}
