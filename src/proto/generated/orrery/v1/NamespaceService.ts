// Original file: proto/orrery/v1/namespace_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { DeleteNamespaceRequestInit as _orrery_v1_DeleteNamespaceRequestInit, DeleteNamespaceRequestMessage as _orrery_v1_DeleteNamespaceRequestMessage } from '../../orrery/v1/DeleteNamespaceRequest.ts';
import type { GetNamespaceRequestInit as _orrery_v1_GetNamespaceRequestInit, GetNamespaceRequestMessage as _orrery_v1_GetNamespaceRequestMessage } from '../../orrery/v1/GetNamespaceRequest.ts';
import type { ListNamespacesRequestInit as _orrery_v1_ListNamespacesRequestInit, ListNamespacesRequestMessage as _orrery_v1_ListNamespacesRequestMessage } from '../../orrery/v1/ListNamespacesRequest.ts';
import type { ListNamespacesResponseInit as _orrery_v1_ListNamespacesResponseInit, ListNamespacesResponseMessage as _orrery_v1_ListNamespacesResponseMessage } from '../../orrery/v1/ListNamespacesResponse.ts';
import type { NamespaceInit as _orrery_v1_NamespaceInit, NamespaceMessage as _orrery_v1_NamespaceMessage } from '../../orrery/v1/Namespace.ts';
import type { OperationInit as _orrery_v1_OperationInit, OperationMessage as _orrery_v1_OperationMessage } from '../../orrery/v1/Operation.ts';
import type { UpdateNamespaceRequestInit as _orrery_v1_UpdateNamespaceRequestInit, UpdateNamespaceRequestMessage as _orrery_v1_UpdateNamespaceRequestMessage } from '../../orrery/v1/UpdateNamespaceRequest.ts';

/**
 * A namespace is the tenant's unit of isolation and of routing. It exists while it has records.
 */
export interface NamespaceServiceClient extends grpc.Client {
  /**
   * Deletes every record of the namespace, in batches.
   */
  DeleteNamespace(argument: _orrery_v1_DeleteNamespaceRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  DeleteNamespace(argument: _orrery_v1_DeleteNamespaceRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  DeleteNamespace(argument: _orrery_v1_DeleteNamespaceRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  DeleteNamespace(argument: _orrery_v1_DeleteNamespaceRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  /**
   * Deletes every record of the namespace, in batches.
   */
  deleteNamespace(argument: _orrery_v1_DeleteNamespaceRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  deleteNamespace(argument: _orrery_v1_DeleteNamespaceRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  deleteNamespace(argument: _orrery_v1_DeleteNamespaceRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  deleteNamespace(argument: _orrery_v1_DeleteNamespaceRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  
  GetNamespace(argument: _orrery_v1_GetNamespaceRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_NamespaceMessage>): grpc.ClientUnaryCall;
  GetNamespace(argument: _orrery_v1_GetNamespaceRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_NamespaceMessage>): grpc.ClientUnaryCall;
  GetNamespace(argument: _orrery_v1_GetNamespaceRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_NamespaceMessage>): grpc.ClientUnaryCall;
  GetNamespace(argument: _orrery_v1_GetNamespaceRequestInit, callback: grpc.requestCallback<_orrery_v1_NamespaceMessage>): grpc.ClientUnaryCall;
  getNamespace(argument: _orrery_v1_GetNamespaceRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_NamespaceMessage>): grpc.ClientUnaryCall;
  getNamespace(argument: _orrery_v1_GetNamespaceRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_NamespaceMessage>): grpc.ClientUnaryCall;
  getNamespace(argument: _orrery_v1_GetNamespaceRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_NamespaceMessage>): grpc.ClientUnaryCall;
  getNamespace(argument: _orrery_v1_GetNamespaceRequestInit, callback: grpc.requestCallback<_orrery_v1_NamespaceMessage>): grpc.ClientUnaryCall;
  
  ListNamespaces(argument: _orrery_v1_ListNamespacesRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListNamespacesResponseMessage>): grpc.ClientUnaryCall;
  ListNamespaces(argument: _orrery_v1_ListNamespacesRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_ListNamespacesResponseMessage>): grpc.ClientUnaryCall;
  ListNamespaces(argument: _orrery_v1_ListNamespacesRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListNamespacesResponseMessage>): grpc.ClientUnaryCall;
  ListNamespaces(argument: _orrery_v1_ListNamespacesRequestInit, callback: grpc.requestCallback<_orrery_v1_ListNamespacesResponseMessage>): grpc.ClientUnaryCall;
  listNamespaces(argument: _orrery_v1_ListNamespacesRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListNamespacesResponseMessage>): grpc.ClientUnaryCall;
  listNamespaces(argument: _orrery_v1_ListNamespacesRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_ListNamespacesResponseMessage>): grpc.ClientUnaryCall;
  listNamespaces(argument: _orrery_v1_ListNamespacesRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListNamespacesResponseMessage>): grpc.ClientUnaryCall;
  listNamespaces(argument: _orrery_v1_ListNamespacesRequestInit, callback: grpc.requestCallback<_orrery_v1_ListNamespacesResponseMessage>): grpc.ClientUnaryCall;
  
  /**
   * Changes where a namespace may be. Engine `citus` only.
   */
  UpdateNamespace(argument: _orrery_v1_UpdateNamespaceRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  UpdateNamespace(argument: _orrery_v1_UpdateNamespaceRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  UpdateNamespace(argument: _orrery_v1_UpdateNamespaceRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  UpdateNamespace(argument: _orrery_v1_UpdateNamespaceRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  /**
   * Changes where a namespace may be. Engine `citus` only.
   */
  updateNamespace(argument: _orrery_v1_UpdateNamespaceRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  updateNamespace(argument: _orrery_v1_UpdateNamespaceRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  updateNamespace(argument: _orrery_v1_UpdateNamespaceRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  updateNamespace(argument: _orrery_v1_UpdateNamespaceRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  
}

/**
 * A namespace is the tenant's unit of isolation and of routing. It exists while it has records.
 */
export interface NamespaceServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Deletes every record of the namespace, in batches.
   */
  DeleteNamespace: grpc.handleUnaryCall<_orrery_v1_DeleteNamespaceRequestMessage, _orrery_v1_OperationInit>;
  
  GetNamespace: grpc.handleUnaryCall<_orrery_v1_GetNamespaceRequestMessage, _orrery_v1_NamespaceInit>;
  
  ListNamespaces: grpc.handleUnaryCall<_orrery_v1_ListNamespacesRequestMessage, _orrery_v1_ListNamespacesResponseInit>;
  
  /**
   * Changes where a namespace may be. Engine `citus` only.
   */
  UpdateNamespace: grpc.handleUnaryCall<_orrery_v1_UpdateNamespaceRequestMessage, _orrery_v1_OperationInit>;
  
}

export interface NamespaceServiceDefinition extends grpc.ServiceDefinition {
  DeleteNamespace: MethodDefinition<_orrery_v1_DeleteNamespaceRequestInit, _orrery_v1_OperationInit, _orrery_v1_DeleteNamespaceRequestMessage, _orrery_v1_OperationMessage>
  GetNamespace: MethodDefinition<_orrery_v1_GetNamespaceRequestInit, _orrery_v1_NamespaceInit, _orrery_v1_GetNamespaceRequestMessage, _orrery_v1_NamespaceMessage>
  ListNamespaces: MethodDefinition<_orrery_v1_ListNamespacesRequestInit, _orrery_v1_ListNamespacesResponseInit, _orrery_v1_ListNamespacesRequestMessage, _orrery_v1_ListNamespacesResponseMessage>
  UpdateNamespace: MethodDefinition<_orrery_v1_UpdateNamespaceRequestInit, _orrery_v1_OperationInit, _orrery_v1_UpdateNamespaceRequestMessage, _orrery_v1_OperationMessage>
}
