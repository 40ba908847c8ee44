/** The gRPC client: one function a method, promises for answers, async iterables for streams. */
import { Client as Channel, credentials } from "@grpc/grpc-js";
import type {
  ClusterServiceDefinition,
  ClusterServiceHandlers,
} from "../proto/generated/orrery/v1/ClusterService.ts";
import type {
  CollectionServiceDefinition,
  CollectionServiceHandlers,
} from "../proto/generated/orrery/v1/CollectionService.ts";
import type {
  NamespaceServiceDefinition,
  NamespaceServiceHandlers,
} from "../proto/generated/orrery/v1/NamespaceService.ts";
import type {
  OperationServiceDefinition,
  OperationServiceHandlers,
} from "../proto/generated/orrery/v1/OperationService.ts";
import type {
  VectorServiceDefinition,
  VectorServiceHandlers,
} from "../proto/generated/orrery/v1/VectorService.ts";
import { loadProto } from "../proto/load-proto.ts";
import { createCallErrors } from "./call-error.ts";
import { type CallableMethod, callStream, callUnary, type Transport } from "./calls.ts";
import type { CallOptions, ServiceClient } from "./service-client.ts";

/** Messages are as src/proto/load-proto.ts says: camelCase, 64-bit numbers as text, enums by name. */
export interface Client {
  readonly vector: ServiceClient<VectorServiceDefinition, VectorServiceHandlers>;
  readonly collection: ServiceClient<CollectionServiceDefinition, CollectionServiceHandlers>;
  readonly namespace: ServiceClient<NamespaceServiceDefinition, NamespaceServiceHandlers>;
  readonly cluster: ServiceClient<ClusterServiceDefinition, ClusterServiceHandlers>;
  readonly operation: ServiceClient<OperationServiceDefinition, OperationServiceHandlers>;
  close(): void;
}

const SERVICES = {
  vector: "VectorService",
  collection: "CollectionService",
  namespace: "NamespaceService",
  cluster: "ClusterService",
  operation: "OperationService",
};

export interface KeepaliveOptions {
  /** How often the server is asked whether it is still there, while a call is under way. */
  readonly keepaliveTimeMs: number;
  /** How long it may take to answer. */
  readonly keepaliveTimeoutMs: number;
}

/** A watch has no deadline: behind a silent firewall it would wait for a dead server for ever. */
const KEEPALIVE: KeepaliveOptions = { keepaliveTimeMs: 30_000, keepaliveTimeoutMs: 10_000 };

/** Connects at the first call. `address` is `host:port`, without TLS. */
export function createClient(
  address: string,
  { keepaliveTimeMs, keepaliveTimeoutMs }: KeepaliveOptions = KEEPALIVE,
): Client {
  const definition = loadProto({ unpackAny: true });
  const transport: Transport = {
    channel: new Channel(address, credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
      "grpc.keepalive_time_ms": keepaliveTimeMs,
      "grpc.keepalive_timeout_ms": keepaliveTimeoutMs,
    }),
    toCallError: createCallErrors(definition),
  };
  const services = Object.entries(SERVICES).map(([name, service]) => {
    const methods = definition[`orrery.v1.${service}`] as Readonly<Record<string, CallableMethod>>;
    return [name, Object.fromEntries(Object.entries(methods).map((method) => bind(transport, method)))];
  });
  return { ...Object.fromEntries(services), close: () => transport.channel.close() };
}

function bind(transport: Transport, [name, method]: [string, CallableMethod]) {
  const call = method.responseStream ? callStream : callUnary;
  const bound = (request: object, options: CallOptions = {}) => call(transport, method, request, options);
  return [name.charAt(0).toLowerCase() + name.slice(1), bound];
}
