// Original file: proto/orrery/v1/vector_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CountRequestInit as _orrery_v1_CountRequestInit, CountRequestMessage as _orrery_v1_CountRequestMessage } from '../../orrery/v1/CountRequest.ts';
import type { CountResponseInit as _orrery_v1_CountResponseInit, CountResponseMessage as _orrery_v1_CountResponseMessage } from '../../orrery/v1/CountResponse.ts';
import type { DeleteRequestInit as _orrery_v1_DeleteRequestInit, DeleteRequestMessage as _orrery_v1_DeleteRequestMessage } from '../../orrery/v1/DeleteRequest.ts';
import type { DeleteResponseInit as _orrery_v1_DeleteResponseInit, DeleteResponseMessage as _orrery_v1_DeleteResponseMessage } from '../../orrery/v1/DeleteResponse.ts';
import type { GetRequestInit as _orrery_v1_GetRequestInit, GetRequestMessage as _orrery_v1_GetRequestMessage } from '../../orrery/v1/GetRequest.ts';
import type { GetResponseInit as _orrery_v1_GetResponseInit, GetResponseMessage as _orrery_v1_GetResponseMessage } from '../../orrery/v1/GetResponse.ts';
import type { ListRequestInit as _orrery_v1_ListRequestInit, ListRequestMessage as _orrery_v1_ListRequestMessage } from '../../orrery/v1/ListRequest.ts';
import type { ListResponseInit as _orrery_v1_ListResponseInit, ListResponseMessage as _orrery_v1_ListResponseMessage } from '../../orrery/v1/ListResponse.ts';
import type { MeasureRecallRequestInit as _orrery_v1_MeasureRecallRequestInit, MeasureRecallRequestMessage as _orrery_v1_MeasureRecallRequestMessage } from '../../orrery/v1/MeasureRecallRequest.ts';
import type { MeasureRecallResponseInit as _orrery_v1_MeasureRecallResponseInit, MeasureRecallResponseMessage as _orrery_v1_MeasureRecallResponseMessage } from '../../orrery/v1/MeasureRecallResponse.ts';
import type { SearchBatchRequestInit as _orrery_v1_SearchBatchRequestInit, SearchBatchRequestMessage as _orrery_v1_SearchBatchRequestMessage } from '../../orrery/v1/SearchBatchRequest.ts';
import type { SearchBatchResponseInit as _orrery_v1_SearchBatchResponseInit, SearchBatchResponseMessage as _orrery_v1_SearchBatchResponseMessage } from '../../orrery/v1/SearchBatchResponse.ts';
import type { SearchRequestInit as _orrery_v1_SearchRequestInit, SearchRequestMessage as _orrery_v1_SearchRequestMessage } from '../../orrery/v1/SearchRequest.ts';
import type { SearchResponseInit as _orrery_v1_SearchResponseInit, SearchResponseMessage as _orrery_v1_SearchResponseMessage } from '../../orrery/v1/SearchResponse.ts';
import type { UpsertRequestInit as _orrery_v1_UpsertRequestInit, UpsertRequestMessage as _orrery_v1_UpsertRequestMessage } from '../../orrery/v1/UpsertRequest.ts';
import type { UpsertResponseInit as _orrery_v1_UpsertResponseInit, UpsertResponseMessage as _orrery_v1_UpsertResponseMessage } from '../../orrery/v1/UpsertResponse.ts';

/**
 * Records and searches.
 */
export interface VectorServiceClient extends grpc.Client {
  Count(argument: _orrery_v1_CountRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_CountResponseMessage>): grpc.ClientUnaryCall;
  Count(argument: _orrery_v1_CountRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_CountResponseMessage>): grpc.ClientUnaryCall;
  Count(argument: _orrery_v1_CountRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_CountResponseMessage>): grpc.ClientUnaryCall;
  Count(argument: _orrery_v1_CountRequestInit, callback: grpc.requestCallback<_orrery_v1_CountResponseMessage>): grpc.ClientUnaryCall;
  count(argument: _orrery_v1_CountRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_CountResponseMessage>): grpc.ClientUnaryCall;
  count(argument: _orrery_v1_CountRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_CountResponseMessage>): grpc.ClientUnaryCall;
  count(argument: _orrery_v1_CountRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_CountResponseMessage>): grpc.ClientUnaryCall;
  count(argument: _orrery_v1_CountRequestInit, callback: grpc.requestCallback<_orrery_v1_CountResponseMessage>): grpc.ClientUnaryCall;
  
  /**
   * Deletes records. As with Upsert, read the status of each result: one that was not there does not fail the
   * call.
   */
  Delete(argument: _orrery_v1_DeleteRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_DeleteResponseMessage>): grpc.ClientUnaryCall;
  Delete(argument: _orrery_v1_DeleteRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_DeleteResponseMessage>): grpc.ClientUnaryCall;
  Delete(argument: _orrery_v1_DeleteRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_DeleteResponseMessage>): grpc.ClientUnaryCall;
  Delete(argument: _orrery_v1_DeleteRequestInit, callback: grpc.requestCallback<_orrery_v1_DeleteResponseMessage>): grpc.ClientUnaryCall;
  /**
   * Deletes records. As with Upsert, read the status of each result: one that was not there does not fail the
   * call.
   */
  delete(argument: _orrery_v1_DeleteRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_DeleteResponseMessage>): grpc.ClientUnaryCall;
  delete(argument: _orrery_v1_DeleteRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_DeleteResponseMessage>): grpc.ClientUnaryCall;
  delete(argument: _orrery_v1_DeleteRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_DeleteResponseMessage>): grpc.ClientUnaryCall;
  delete(argument: _orrery_v1_DeleteRequestInit, callback: grpc.requestCallback<_orrery_v1_DeleteResponseMessage>): grpc.ClientUnaryCall;
  
  /**
   * Records by key, in the order of the request. Missing ones are absent.
   */
  Get(argument: _orrery_v1_GetRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_GetResponseMessage>): grpc.ClientUnaryCall;
  Get(argument: _orrery_v1_GetRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_GetResponseMessage>): grpc.ClientUnaryCall;
  Get(argument: _orrery_v1_GetRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_GetResponseMessage>): grpc.ClientUnaryCall;
  Get(argument: _orrery_v1_GetRequestInit, callback: grpc.requestCallback<_orrery_v1_GetResponseMessage>): grpc.ClientUnaryCall;
  /**
   * Records by key, in the order of the request. Missing ones are absent.
   */
  get(argument: _orrery_v1_GetRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_GetResponseMessage>): grpc.ClientUnaryCall;
  get(argument: _orrery_v1_GetRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_GetResponseMessage>): grpc.ClientUnaryCall;
  get(argument: _orrery_v1_GetRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_GetResponseMessage>): grpc.ClientUnaryCall;
  get(argument: _orrery_v1_GetRequestInit, callback: grpc.requestCallback<_orrery_v1_GetResponseMessage>): grpc.ClientUnaryCall;
  
  /**
   * The records of a namespace by key, page by page. A page of large records ends early, by bytes.
   */
  List(argument: _orrery_v1_ListRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListResponseMessage>): grpc.ClientUnaryCall;
  List(argument: _orrery_v1_ListRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_ListResponseMessage>): grpc.ClientUnaryCall;
  List(argument: _orrery_v1_ListRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListResponseMessage>): grpc.ClientUnaryCall;
  List(argument: _orrery_v1_ListRequestInit, callback: grpc.requestCallback<_orrery_v1_ListResponseMessage>): grpc.ClientUnaryCall;
  /**
   * The records of a namespace by key, page by page. A page of large records ends early, by bytes.
   */
  list(argument: _orrery_v1_ListRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListResponseMessage>): grpc.ClientUnaryCall;
  list(argument: _orrery_v1_ListRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_ListResponseMessage>): grpc.ClientUnaryCall;
  list(argument: _orrery_v1_ListRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_ListResponseMessage>): grpc.ClientUnaryCall;
  list(argument: _orrery_v1_ListRequestInit, callback: grpc.requestCallback<_orrery_v1_ListResponseMessage>): grpc.ClientUnaryCall;
  
  /**
   * Compares searches with exact ones, one after another, and says how much they find. Reads every record in
   * scope once for each query; ends in time with what it has.
   */
  MeasureRecall(argument: _orrery_v1_MeasureRecallRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_MeasureRecallResponseMessage>): grpc.ClientUnaryCall;
  MeasureRecall(argument: _orrery_v1_MeasureRecallRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_MeasureRecallResponseMessage>): grpc.ClientUnaryCall;
  MeasureRecall(argument: _orrery_v1_MeasureRecallRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_MeasureRecallResponseMessage>): grpc.ClientUnaryCall;
  MeasureRecall(argument: _orrery_v1_MeasureRecallRequestInit, callback: grpc.requestCallback<_orrery_v1_MeasureRecallResponseMessage>): grpc.ClientUnaryCall;
  /**
   * Compares searches with exact ones, one after another, and says how much they find. Reads every record in
   * scope once for each query; ends in time with what it has.
   */
  measureRecall(argument: _orrery_v1_MeasureRecallRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_MeasureRecallResponseMessage>): grpc.ClientUnaryCall;
  measureRecall(argument: _orrery_v1_MeasureRecallRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_MeasureRecallResponseMessage>): grpc.ClientUnaryCall;
  measureRecall(argument: _orrery_v1_MeasureRecallRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_MeasureRecallResponseMessage>): grpc.ClientUnaryCall;
  measureRecall(argument: _orrery_v1_MeasureRecallRequestInit, callback: grpc.requestCallback<_orrery_v1_MeasureRecallResponseMessage>): grpc.ClientUnaryCall;
  
  /**
   * The records most similar to a vector, or to a stored record, by exact similarity. A record without
   * direction, whose vector is all zeros, is never a hit; only SQL can write one.
   */
  Search(argument: _orrery_v1_SearchRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_SearchResponseMessage>): grpc.ClientUnaryCall;
  Search(argument: _orrery_v1_SearchRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_SearchResponseMessage>): grpc.ClientUnaryCall;
  Search(argument: _orrery_v1_SearchRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_SearchResponseMessage>): grpc.ClientUnaryCall;
  Search(argument: _orrery_v1_SearchRequestInit, callback: grpc.requestCallback<_orrery_v1_SearchResponseMessage>): grpc.ClientUnaryCall;
  /**
   * The records most similar to a vector, or to a stored record, by exact similarity. A record without
   * direction, whose vector is all zeros, is never a hit; only SQL can write one.
   */
  search(argument: _orrery_v1_SearchRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_SearchResponseMessage>): grpc.ClientUnaryCall;
  search(argument: _orrery_v1_SearchRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_SearchResponseMessage>): grpc.ClientUnaryCall;
  search(argument: _orrery_v1_SearchRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_SearchResponseMessage>): grpc.ClientUnaryCall;
  search(argument: _orrery_v1_SearchRequestInit, callback: grpc.requestCallback<_orrery_v1_SearchResponseMessage>): grpc.ClientUnaryCall;
  
  /**
   * Several searches in one call; each has its own answer or error, in the order of the requests. Those for
   * whose answer there is no room in the message get RESOURCE_EXHAUSTED.
   */
  SearchBatch(argument: _orrery_v1_SearchBatchRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_SearchBatchResponseMessage>): grpc.ClientUnaryCall;
  SearchBatch(argument: _orrery_v1_SearchBatchRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_SearchBatchResponseMessage>): grpc.ClientUnaryCall;
  SearchBatch(argument: _orrery_v1_SearchBatchRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_SearchBatchResponseMessage>): grpc.ClientUnaryCall;
  SearchBatch(argument: _orrery_v1_SearchBatchRequestInit, callback: grpc.requestCallback<_orrery_v1_SearchBatchResponseMessage>): grpc.ClientUnaryCall;
  /**
   * Several searches in one call; each has its own answer or error, in the order of the requests. Those for
   * whose answer there is no room in the message get RESOURCE_EXHAUSTED.
   */
  searchBatch(argument: _orrery_v1_SearchBatchRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_SearchBatchResponseMessage>): grpc.ClientUnaryCall;
  searchBatch(argument: _orrery_v1_SearchBatchRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_SearchBatchResponseMessage>): grpc.ClientUnaryCall;
  searchBatch(argument: _orrery_v1_SearchBatchRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_SearchBatchResponseMessage>): grpc.ClientUnaryCall;
  searchBatch(argument: _orrery_v1_SearchBatchRequestInit, callback: grpc.requestCallback<_orrery_v1_SearchBatchResponseMessage>): grpc.ClientUnaryCall;
  
  /**
   * Writes records. Each is applied or refused on its own. A refused record, one with another version than
   * the expected one for instance, does NOT fail the call: read the status of each result. The call fails
   * only when PostgreSQL took no part of it.
   */
  Upsert(argument: _orrery_v1_UpsertRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_UpsertResponseMessage>): grpc.ClientUnaryCall;
  Upsert(argument: _orrery_v1_UpsertRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_UpsertResponseMessage>): grpc.ClientUnaryCall;
  Upsert(argument: _orrery_v1_UpsertRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_UpsertResponseMessage>): grpc.ClientUnaryCall;
  Upsert(argument: _orrery_v1_UpsertRequestInit, callback: grpc.requestCallback<_orrery_v1_UpsertResponseMessage>): grpc.ClientUnaryCall;
  /**
   * Writes records. Each is applied or refused on its own. A refused record, one with another version than
   * the expected one for instance, does NOT fail the call: read the status of each result. The call fails
   * only when PostgreSQL took no part of it.
   */
  upsert(argument: _orrery_v1_UpsertRequestInit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_UpsertResponseMessage>): grpc.ClientUnaryCall;
  upsert(argument: _orrery_v1_UpsertRequestInit, metadata: grpc.Metadata, callback: grpc.requestCallback<_orrery_v1_UpsertResponseMessage>): grpc.ClientUnaryCall;
  upsert(argument: _orrery_v1_UpsertRequestInit, options: grpc.CallOptions, callback: grpc.requestCallback<_orrery_v1_UpsertResponseMessage>): grpc.ClientUnaryCall;
  upsert(argument: _orrery_v1_UpsertRequestInit, callback: grpc.requestCallback<_orrery_v1_UpsertResponseMessage>): grpc.ClientUnaryCall;
  
}

/**
 * Records and searches.
 */
export interface VectorServiceHandlers extends grpc.UntypedServiceImplementation {
  Count: grpc.handleUnaryCall<_orrery_v1_CountRequestMessage, _orrery_v1_CountResponseInit>;
  
  /**
   * Deletes records. As with Upsert, read the status of each result: one that was not there does not fail the
   * call.
   */
  Delete: grpc.handleUnaryCall<_orrery_v1_DeleteRequestMessage, _orrery_v1_DeleteResponseInit>;
  
  /**
   * Records by key, in the order of the request. Missing ones are absent.
   */
  Get: grpc.handleUnaryCall<_orrery_v1_GetRequestMessage, _orrery_v1_GetResponseInit>;
  
  /**
   * The records of a namespace by key, page by page. A page of large records ends early, by bytes.
   */
  List: grpc.handleUnaryCall<_orrery_v1_ListRequestMessage, _orrery_v1_ListResponseInit>;
  
  /**
   * Compares searches with exact ones, one after another, and says how much they find. Reads every record in
   * scope once for each query; ends in time with what it has.
   */
  MeasureRecall: grpc.handleUnaryCall<_orrery_v1_MeasureRecallRequestMessage, _orrery_v1_MeasureRecallResponseInit>;
  
  /**
   * The records most similar to a vector, or to a stored record, by exact similarity. A record without
   * direction, whose vector is all zeros, is never a hit; only SQL can write one.
   */
  Search: grpc.handleUnaryCall<_orrery_v1_SearchRequestMessage, _orrery_v1_SearchResponseInit>;
  
  /**
   * Several searches in one call; each has its own answer or error, in the order of the requests. Those for
   * whose answer there is no room in the message get RESOURCE_EXHAUSTED.
   */
  SearchBatch: grpc.handleUnaryCall<_orrery_v1_SearchBatchRequestMessage, _orrery_v1_SearchBatchResponseInit>;
  
  /**
   * Writes records. Each is applied or refused on its own. A refused record, one with another version than
   * the expected one for instance, does NOT fail the call: read the status of each result. The call fails
   * only when PostgreSQL took no part of it.
   */
  Upsert: grpc.handleUnaryCall<_orrery_v1_UpsertRequestMessage, _orrery_v1_UpsertResponseInit>;
  
}

export interface VectorServiceDefinition extends grpc.ServiceDefinition {
  Count: MethodDefinition<_orrery_v1_CountRequestInit, _orrery_v1_CountResponseInit, _orrery_v1_CountRequestMessage, _orrery_v1_CountResponseMessage>
  Delete: MethodDefinition<_orrery_v1_DeleteRequestInit, _orrery_v1_DeleteResponseInit, _orrery_v1_DeleteRequestMessage, _orrery_v1_DeleteResponseMessage>
  Get: MethodDefinition<_orrery_v1_GetRequestInit, _orrery_v1_GetResponseInit, _orrery_v1_GetRequestMessage, _orrery_v1_GetResponseMessage>
  List: MethodDefinition<_orrery_v1_ListRequestInit, _orrery_v1_ListResponseInit, _orrery_v1_ListRequestMessage, _orrery_v1_ListResponseMessage>
  MeasureRecall: MethodDefinition<_orrery_v1_MeasureRecallRequestInit, _orrery_v1_MeasureRecallResponseInit, _orrery_v1_MeasureRecallRequestMessage, _orrery_v1_MeasureRecallResponseMessage>
  Search: MethodDefinition<_orrery_v1_SearchRequestInit, _orrery_v1_SearchResponseInit, _orrery_v1_SearchRequestMessage, _orrery_v1_SearchResponseMessage>
  SearchBatch: MethodDefinition<_orrery_v1_SearchBatchRequestInit, _orrery_v1_SearchBatchResponseInit, _orrery_v1_SearchBatchRequestMessage, _orrery_v1_SearchBatchResponseMessage>
  Upsert: MethodDefinition<_orrery_v1_UpsertRequestInit, _orrery_v1_UpsertResponseInit, _orrery_v1_UpsertRequestMessage, _orrery_v1_UpsertResponseMessage>
}
