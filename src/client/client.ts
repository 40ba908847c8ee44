/**
 * The gRPC client of the command line: one function a method, promises for answers, async iterables for
 * streams.
 */
import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { Client as Channel, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { loadSync, type MethodDefinition } from "@grpc/proto-loader";
import { packageRoot } from "../lib/package-root.ts";
import { type CallError, createCallErrors } from "./call-error.ts";
import type * as c from "./cluster-messages.ts";
import type * as m from "./messages.ts";

export interface CallOptions {
  /** Default 30,000 for single answers; streams have none. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

type Unary<Request, Answer> = (request: Request, options?: CallOptions) => Promise<Answer>;
type Stream<Request, Answer> = (request: Request, options?: CallOptions) => AsyncIterable<Answer>;
type Paged<Request> = Request & { readonly pageSize?: number; readonly pageToken?: string };
type InCollection<Request> = Request & { readonly collection?: string };

/** Every method throws CallError. */
export interface Client {
  readonly vector: {
    search: Unary<m.SearchRequest, m.SearchResponse>;
    get: Unary<InCollection<m.Include & { records: readonly m.RecordRef[] }>, { records: m.StoredRecord[] }>;
    list: Unary<
      InCollection<Paged<m.Include & { namespace: string }>>,
      { records: m.StoredRecord[]; nextPageToken: string }
    >;
    count: Unary<
      InCollection<{ namespaces?: readonly string[]; allNamespaces?: boolean }>,
      { count: string; exact: boolean }
    >;
    upsert: Unary<
      InCollection<{ records: readonly m.NewRecord[]; mode?: m.WriteModeName }>,
      { results: m.RecordResult[] }
    >;
    delete: Unary<InCollection<{ records: readonly m.RecordRef[] }>, { results: m.RecordResult[] }>;
  };
  readonly collection: {
    createCollection: Unary<{ collection: Partial<m.Collection> }, c.Operation>;
    getCollection: Unary<{ name: string }, m.Collection>;
    listCollections: Unary<Paged<object>, { collections: m.Collection[]; nextPageToken: string }>;
    deleteCollection: Unary<{ name: string }, c.Operation>;
  };
  readonly namespace: {
    listNamespaces: Unary<InCollection<Paged<object>>, { namespaces: m.Namespace[]; nextPageToken: string }>;
    getNamespace: Unary<InCollection<{ namespace: string }>, m.Namespace>;
    deleteNamespace: Unary<InCollection<{ namespace: string }>, c.Operation>;
    updateNamespace: Unary<
      InCollection<c.Change & { namespace: string; pinToNode?: string; unpin?: boolean }>,
      c.Operation
    >;
  };
  readonly cluster: {
    getClusterStatus: Unary<object, c.ClusterStatus>;
    getShardMap: Unary<object, c.ShardMap>;
    watchShardMap: Stream<object, c.ShardMap>;
    listNodes: Unary<Paged<object>, { nodes: c.Node[]; nextPageToken: string }>;
    listShards: Unary<InCollection<Paged<object>>, { shards: c.Shard[]; nextPageToken: string }>;
    addNode: Unary<c.Change & { node: string; standbyOfGroup?: number }, c.Operation>;
    drainNode: Unary<c.Moving & { node: string }, c.Operation>;
    restoreNode: Unary<c.Change & { node: string }, c.Operation>;
    removeNode: Unary<c.Change & { node: string; force?: boolean }, c.Operation>;
    moveShard: Unary<c.Moving & { shardId: string; targetNode: string }, c.Operation>;
    splitShard: Unary<c.Change & { shardId: string; splitPoints?: readonly number[] }, c.Operation>;
    isolateNamespace: Unary<InCollection<c.Moving & { namespace: string; targetNode?: string }>, c.Operation>;
    planRebalance: Unary<c.PlanRequest, c.RebalancePlan>;
    startRebalance: Unary<c.Moving & { planId: string }, c.Operation>;
  };
  readonly operation: {
    getOperation: Unary<{ id: string }, c.Operation>;
    listOperations: Unary<
      Paged<{ kind?: string; unfinished?: boolean }>,
      { operations: c.Operation[]; nextPageToken: string; unreadable: { id: string; problem: string }[] }
    >;
    cancelOperation: Unary<{ id: string }, c.Operation>;
    watchOperation: Stream<{ id: string }, c.Operation>;
  };
  close(): void;
}

const SERVICES = {
  vector: "VectorService",
  collection: "CollectionService",
  namespace: "NamespaceService",
  cluster: "ClusterService",
  operation: "OperationService",
};

/** Connects at the first call. `address` is `host:port`, without TLS. */
export function createClient(address: string): Client {
  const definition = loadSync(
    [
      ...Object.keys(SERVICES).map((name) => `orrery/v1/${name}_service.proto`),
      "google/rpc/error_details.proto",
    ],
    {
      includeDirs: [join(packageRoot(), "proto")],
      longs: String,
      enums: String,
      defaults: true,
      json: true, // unpacks google.protobuf.Any
    },
  );
  const transport: Transport = {
    channel: new Channel(address, credentials.createInsecure(), { "grpc.max_receive_message_length": -1 }),
    toCallError: createCallErrors(definition),
  };
  const services = Object.entries(SERVICES).map(([name, service]) => {
    const methods = definition[`orrery.v1.${service}`] as Readonly<Record<string, Method>>;
    return [name, Object.fromEntries(Object.entries(methods).map((method) => bind(transport, method)))];
  });
  return { ...Object.fromEntries(services), close: () => transport.channel.close() };
}

type Method = MethodDefinition<object, unknown>;

interface Transport {
  readonly channel: Channel;
  readonly toCallError: (error: ServiceError, requestId: string) => CallError;
}

function bind(transport: Transport, [name, method]: [string, Method]) {
  const call = method.responseStream ? callStream : callUnary;
  const bound = (request: object, options: CallOptions = {}) => call(transport, method, request, options);
  return [name.charAt(0).toLowerCase() + name.slice(1), bound];
}

function callUnary(
  { channel, toCallError }: Transport,
  method: Method,
  request: object,
  options: CallOptions,
) {
  const { deadlineMs = 30_000, signal } = options;
  const { metadata, requestId } = requestMetadata();
  return new Promise<unknown>((resolve, reject) => {
    const call = channel.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      metadata,
      { deadline: Date.now() + deadlineMs },
      (error, answer) => {
        stopListening();
        if (error === null) resolve(answer);
        else reject(toCallError(error, requestId));
      },
    );
    const stopListening = cancelOn(signal, call);
  });
}

async function* callStream(
  { channel, toCallError }: Transport,
  method: Method,
  request: object,
  { deadlineMs, signal }: CallOptions,
) {
  const { metadata, requestId } = requestMetadata();
  const call = channel.makeServerStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    request,
    metadata,
    deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs },
  );
  const stopListening = cancelOn(signal, call);
  try {
    yield* call;
  } catch (error) {
    throw toCallError(error as ServiceError, requestId);
  } finally {
    stopListening();
    call.cancel();
  }
}

function cancelOn(signal: AbortSignal | undefined, call: { cancel(): void }): () => void {
  const cancel = () => call.cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  if (signal?.aborted) cancel();
  return () => signal?.removeEventListener("abort", cancel);
}

/** Who asks, for the record of what is started. */
function callerName(): string {
  try {
    return `${userInfo().username}@${hostname()}`.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 128);
  } catch {
    return hostname();
  }
}

function requestMetadata(): { metadata: Metadata; requestId: string } {
  const requestId = randomUUID();
  const metadata = new Metadata();
  metadata.set("x-request-id", requestId);
  metadata.set("x-orrery-caller", callerName());
  return { metadata, requestId };
}
