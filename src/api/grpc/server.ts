/** The gRPC server: the five services, health, reflection, and an orderly end. */
import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";
import { HealthImplementation } from "grpc-health-check";
import type { Config } from "../../config/schema.ts";
import { OrreryError } from "../../errors.ts";
import type { ClusterAdminApi } from "../../operations/cluster-admin-api.ts";
import type { AdminApi, OperationApi } from "../../operations/types.ts";
import { loadProto } from "../../proto/load-proto.ts";
import type { QueryApi } from "../../query/types.ts";
import type { RebalanceApi } from "../../rebalance/api.ts";
import type { WriteApi } from "../../write/types.ts";
import type { ClusterApi } from "../cluster-api.ts";
import { assertGrpcInternals } from "./assert-grpc-internals.ts";
import type { CallEnvironment } from "./call.ts";
import type { Service } from "./method.ts";
import { createOpenStreams } from "./open-streams.ts";
import { refuseOversize } from "./refuse-oversize.ts";
import { serveUnary, type UnaryService } from "./serve-unary.ts";
import { changeMethods } from "./services/change-methods.ts";
import { clusterService } from "./services/cluster-service.ts";
import { collectionService } from "./services/collection-service.ts";
import { namespaceService } from "./services/namespace-service.ts";
import { operationService } from "./services/operation-service.ts";
import { vectorService } from "./services/vector-service.ts";
import { streamHandler } from "./stream-handler.ts";

export interface RpcDeps extends CallEnvironment {
  readonly query: QueryApi;
  readonly write: WriteApi;
  readonly admin: AdminApi;
  readonly operations: OperationApi;
  readonly cluster: ClusterApi;
  readonly clusterAdmin: ClusterAdminApi;
  readonly rebalance: RebalanceApi;
}

export interface RpcServer {
  /** `host:port` as bound. */
  readonly address: string;
  /** What health says of the server and of every service; NOT_SERVING until told. */
  setServing(serving: boolean): void;
  /**
   * Says NOT_SERVING, takes no new calls, ends watches, lets calls under way finish for `rpc.drainTimeoutMs`
   * and then cuts them off. Every call returns the same promise.
   */
  stop(): Promise<void>;
}

/** Listens on `rpc.listen`. Throws CONFIG_INVALID when it cannot. */
export async function serveRpc(
  { rpc, limits, rebalance }: Pick<Config, "rpc" | "limits" | "rebalance">,
  deps: RpcDeps,
): Promise<RpcServer> {
  assertGrpcInternals();
  const proto = loadProto();
  const services: Readonly<Record<string, Service>> = {
    "orrery.v1.VectorService": vectorService(deps, limits),
    "orrery.v1.CollectionService": collectionService(deps),
    "orrery.v1.NamespaceService": namespaceService({ ...deps, defaults: rebalance }, limits),
    "orrery.v1.ClusterService": {
      ...clusterService(deps, deps.epochMs),
      ...changeMethods({ ...deps, limits, defaults: rebalance }),
    },
    "orrery.v1.OperationService": operationService(deps.operations),
  };
  const openStreams = createOpenStreams();
  const unary = new Map<string, UnaryService>();
  const env = { ...deps, ...rpc };
  const server = new Server({
    "grpc.max_receive_message_length": rpc.maxMessageBytes,
    "grpc.max_concurrent_streams": 1000,
    // Finds clients that vanished without closing their connection.
    "grpc.keepalive_time_ms": 60_000,
    "grpc.keepalive_timeout_ms": 20_000,
    // grpc-js gives calls under way as long as they take, and varies the age, so that not all come back at
    // once.
    ...(rpc.maxConnectionAgeMs === undefined ? {} : { "grpc.max_connection_age_ms": rpc.maxConnectionAgeMs }),
    interceptors: [
      refuseOversize(rpc.maxMessageBytes, deps),
      openStreams.interceptor,
      serveUnary(unary, env),
    ],
  });
  for (const [name, service] of Object.entries(services)) {
    addService(server, { name, service, definition: proto[name] as ServiceDefinition }, { env, unary });
  }
  const health = new HealthImplementation();
  const setServing = (serving: boolean) => {
    for (const name of ["", ...Object.keys(services)]) {
      health.setStatus(name, serving ? "SERVING" : "NOT_SERVING");
    }
  };
  setServing(false);
  health.addToServer(server);
  if (rpc.reflection) new ReflectionService(loadProto({ keepCase: true })).addToServer(server);
  const address = await listen(server, rpc.listen);

  let stopped: Promise<void> | undefined;
  return {
    address,
    setServing(serving) {
      if (stopped === undefined) setServing(serving);
    },
    stop() {
      if (stopped === undefined) {
        setServing(false);
        stopped = drain(server, rpc.drainTimeoutMs);
        openStreams.end();
      }
      return stopped;
    },
  };
}

/**
 * grpc-js passes bytes through both ways: decoding and encoding happen in the handler, where errors get a
 * status. Unary methods are added to `unary`, by path; grpc-js only needs to know that they exist.
 */
function addService(
  server: Server,
  { name, service, definition }: { name: string; service: Service; definition: ServiceDefinition },
  { env, unary }: { env: CallEnvironment & Config["rpc"]; unary: Map<string, UnaryService> },
): void {
  const bytes = (value: Buffer) => value;
  const methods: Record<string, ServiceDefinition[string]> = {};
  const handlers: UntypedServiceImplementation = {};
  for (const [methodName, methodDefinition] of Object.entries(definition)) {
    const method = service[methodName];
    if (method === undefined) throw new OrreryError("BUG", `${name}/${methodName} is not implemented`);
    methods[methodName] = { ...methodDefinition, requestDeserialize: bytes, responseSerialize: bytes };
    const path = `${name}/${methodName}`;
    if (method.kind === "stream") {
      handlers[methodName] = streamHandler(path, method.handlerOf(methodDefinition), env);
      continue;
    }
    handlers[methodName] = notServedHere;
    unary.set(methodDefinition.path, {
      name: path,
      handle: method.handlerOf(methodDefinition),
      maxAnswerBytes: method.changesData ? Number.POSITIVE_INFINITY : env.maxMessageBytes,
    });
  }
  server.addService(methods, handlers);
}

/** `serveUnary` answers before grpc-js would call it. */
function notServedHere(): never {
  throw new OrreryError("BUG", "a unary call passed its interceptor");
}

function listen(server: Server, address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (cause, port) => {
      if (cause === null) resolve(address.replace(/\d+$/, String(port)));
      else reject(new OrreryError("CONFIG_INVALID", `rpc.listen: ${cause.message}`, { cause }));
    });
  });
}

function drain(server: Server, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, timeoutMs);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
