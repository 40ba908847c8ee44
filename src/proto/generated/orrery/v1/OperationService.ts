// Original file: proto/orrery/v1/operation_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CancelOperationRequestInit as _orrery_v1_CancelOperationRequestInit, CancelOperationRequestMessage as _orrery_v1_CancelOperationRequestMessage } from '../../orrery/v1/CancelOperationRequest.ts';
import type { GetOperationRequestInit as _orrery_v1_GetOperationRequestInit, GetOperationRequestMessage as _orrery_v1_GetOperationRequestMessage } from '../../orrery/v1/GetOperationRequest.ts';
import type { ListOperationsRequestInit as _orrery_v1_ListOperationsRequestInit, ListOperationsRequestMessage as _orrery_v1_ListOperationsRequestMessage } from '../../orrery/v1/ListOperationsRequest.ts';
import type { ListOperationsResponseInit as _orrery_v1_ListOperationsResponseInit, ListOperationsResponseMessage as _orrery_v1_ListOperationsResponseMessage } from '../../orrery/v1/ListOperationsResponse.ts';
import type { OperationInit as _orrery_v1_OperationInit, OperationMessage as _orrery_v1_OperationMessage } from '../../orrery/v1/Operation.ts';
import type { WatchOperationRequestInit as _orrery_v1_WatchOperationRequestInit, WatchOperationRequestMessage as _orrery_v1_WatchOperationRequestMessage } from '../../orrery/v1/WatchOperationRequest.ts';

/**
 * Operations: jobs that may outlast the call that started them.
 */
export interface OperationServiceClient extends grpc.Client {
  /**
   * Asks it to stop. What cannot be undone half-way goes on to its end; a finished operation is returned as
   * it is.
   */
  CancelOperation(argument: _orrery_v1_CancelOperationRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  CancelOperation(argument: _orrery_v1_CancelOperationRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  CancelOperation(argument: _orrery_v1_CancelOperationRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  CancelOperation(argument: _orrery_v1_CancelOperationRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  /**
   * Asks it to stop. What cannot be undone half-way goes on to its end; a finished operation is returned as
   * it is.
   */
  cancelOperation(argument: _orrery_v1_CancelOperationRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  cancelOperation(argument: _orrery_v1_CancelOperationRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  cancelOperation(argument: _orrery_v1_CancelOperationRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  cancelOperation(argument: _orrery_v1_CancelOperationRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  
  GetOperation(argument: _orrery_v1_GetOperationRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  GetOperation(argument: _orrery_v1_GetOperationRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  GetOperation(argument: _orrery_v1_GetOperationRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  GetOperation(argument: _orrery_v1_GetOperationRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  getOperation(argument: _orrery_v1_GetOperationRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  getOperation(argument: _orrery_v1_GetOperationRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  getOperation(argument: _orrery_v1_GetOperationRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  getOperation(argument: _orrery_v1_GetOperationRequestInit, callback: grpc.requestCallback<_orrery_v1_OperationMessage>): grpc.ClientUnaryCall;
  
  /**
   * Newest first.
   */
  ListOperations(argument: _orrery_v1_ListOperationsRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListOperationsResponseMessage>): grpc.ClientUnaryCall;
  ListOperations(argument: _orrery_v1_ListOperationsRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_ListOperationsResponseMessage>): grpc.ClientUnaryCall;
  ListOperations(argument: _orrery_v1_ListOperationsRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListOperationsResponseMessage>): grpc.ClientUnaryCall;
  ListOperations(argument: _orrery_v1_ListOperationsRequestInit, callback: grpc.requestCallback<_orrery_v1_ListOperationsResponseMessage>): grpc.ClientUnaryCall;
  /**
   * Newest first.
   */
  listOperations(argument: _orrery_v1_ListOperationsRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListOperationsResponseMessage>): grpc.ClientUnaryCall;
  listOperations(argument: _orrery_v1_ListOperationsRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_ListOperationsResponseMessage>): grpc.ClientUnaryCall;
  listOperations(argument: _orrery_v1_ListOperationsRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListOperationsResponseMessage>): grpc.ClientUnaryCall;
  listOperations(argument: _orrery_v1_ListOperationsRequestInit, callback: grpc.requestCallback<_orrery_v1_ListOperationsResponseMessage>): grpc.ClientUnaryCall;
  
  /**
   * The present state, then every change, until it is finished.
   */
  WatchOperation(argument: _orrery_v1_WatchOperationRequestInit, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_orrery_v1_OperationMessage>;
  WatchOperation(argument: _orrery_v1_WatchOperationRequestInit, options?: grpc.CallOptions): grpc.ClientReadableStream<_orrery_v1_OperationMessage>;
  /**
   * The present state, then every change, until it is finished.
   */
  watchOperation(argument: _orrery_v1_WatchOperationRequestInit, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_orrery_v1_OperationMessage>;
  watchOperation(argument: _orrery_v1_WatchOperationRequestInit, options?: grpc.CallOptions): grpc.ClientReadableStream<_orrery_v1_OperationMessage>;
  
}

/**
 * Operations: jobs that may outlast the call that started them.
 */
export interface OperationServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Asks it to stop. What cannot be undone half-way goes on to its end; a finished operation is returned as
   * it is.
   */
  CancelOperation: grpc.handleUnaryCall<_orrery_v1_CancelOperationRequestMessage, _orrery_v1_OperationInit>;
  
  GetOperation: grpc.handleUnaryCall<_orrery_v1_GetOperationRequestMessage, _orrery_v1_OperationInit>;
  
  /**
   * Newest first.
   */
  ListOperations: grpc.handleUnaryCall<_orrery_v1_ListOperationsRequestMessage, _orrery_v1_ListOperationsResponseInit>;
  
  /**
   * The present state, then every change, until it is finished.
   */
  WatchOperation: grpc.handleServerStreamingCall<_orrery_v1_WatchOperationRequestMessage, _orrery_v1_OperationInit>;
  
}

export interface OperationServiceDefinition extends grpc.ServiceDefinition {
  CancelOperation: MethodDefinition<_orrery_v1_CancelOperationRequestInit, _orrery_v1_OperationInit, _orrery_v1_CancelOperationRequestMessage, _orrery_v1_OperationMessage>
  GetOperation: MethodDefinition<_orrery_v1_GetOperationRequestInit, _orrery_v1_OperationInit, _orrery_v1_GetOperationRequestMessage, _orrery_v1_OperationMessage>
  ListOperations: MethodDefinition<_orrery_v1_ListOperationsRequestInit, _orrery_v1_ListOperationsResponseInit, _orrery_v1_ListOperationsRequestMessage, _orrery_v1_ListOperationsResponseMessage>
  WatchOperation: MethodDefinition<_orrery_v1_WatchOperationRequestInit, _orrery_v1_OperationInit, _orrery_v1_WatchOperationRequestMessage, _orrery_v1_OperationMessage>
}
