/** The gRPC server: the five services, health, reflection, and an orderly end. */
import type { Http2Server } from "node:http2";
import type { Socket } from "node:net";
import { Server, ServerCredentials, type ServiceDefinition } from "@grpc/grpc-js";
import type { PackageDefinition } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { HealthImplementation } from "grpc-health-check";
import type { Config } from "../../config/schema.ts";
import { OrreryError } from "../../errors.ts";
import { type Listening, listenOnAll } from "../../lib/listen.ts";
import { readDescriptors } from "../../proto/descriptors.ts";
import { loadProto } from "../../proto/load-proto.ts";
import { createServices, type ServiceDeps } from "../services/create-services.ts";
import { boundsOf } from "../wire/request-bounds.ts";
import { addService } from "./add-service.ts";
import { assertGrpcInternals } from "./assert-grpc-internals.ts";
import { capTimeouts } from "./cap-timeouts.ts";
import { ConnectionGuard, type ConnectionGuardDeps } from "./connections/connection-guard.ts";
import { connectionLimits } from "./connections/connection-limits.ts";
import { inflateRequest } from "./inflate-request.ts";
import { createOpenStreams } from "./open-streams.ts";
import { refuseOversize } from "./refuse-oversize.ts";
import { type ServedMethod, serveUnary } from "./serve-unary.ts";

export interface RpcDeps extends Omit<ConnectionGuardDeps, "maxMessageBytes">, ServiceDeps {
  /** Memory that the process may use. */
  readonly processBytes: number;
}

export interface RpcServer {
  /** `host:port` as bound. */
  readonly address: string;
  /** What health says of the server and of every service; NOT_SERVING at first. */
  setServing(serving: boolean): void;
  /**
   * Says NOT_SERVING, takes no new calls, ends watches, lets calls under way finish for `rpc.drainTimeoutMs`
   * and then cuts them off. Every call returns the same promise.
   */
  stop(): Promise<void>;
}

/** Listens on `rpc.listen`. Throws CONFIG_INVALID when it cannot. */
export async function serveRpc(
  config: Pick<Config, "rpc" | "limits" | "rebalance">,
  deps: RpcDeps,
): Promise<RpcServer> {
  assertGrpcInternals();
  const { rpc } = config;
  const proto = loadProto();
  const descriptors = readDescriptors();
  const requests = new Map(
    [...descriptors.requests].map(([path, name]) => [path, boundsOf(name, descriptors, config.limits)]),
  );
  const services = createServices(deps, config);
  const openStreams = createOpenStreams();
  const unary = new Map<string, ServedMethod>();
  const env = { ...deps, ...rpc };
  const guard = new ConnectionGuard(connectionLimits(rpc, deps.processBytes), env);
  const server = new Server({
    "grpc.max_receive_message_length": rpc.maxMessageBytes,
    "grpc.max_concurrent_streams": rpc.maxStreamsPerConnection,
    // Finds clients that vanished without closing their connection.
    "grpc.keepalive_time_ms": rpc.keepaliveTimeMs,
    "grpc.keepalive_timeout_ms": rpc.keepaliveTimeoutMs,
    // grpc-js lets calls under way finish, and varies the age, so that not all clients come back at once.
    ...(rpc.maxConnectionAgeMs === undefined ? {} : { "grpc.max_connection_age_ms": rpc.maxConnectionAgeMs }),
    interceptors: [
      guard.interceptor,
      refuseOversize(rpc.maxMessageBytes, env),
      inflateRequest({
        maxBytes: rpc.maxMessageBytes,
        requestOf: (path) => requests.get(path),
        inflated: (call, bytes) => guard.inflated(call, bytes),
        env,
      }),
      openStreams.interceptor,
      serveUnary(unary, env),
    ],
  });
  for (const [name, service] of Object.entries(services)) {
    addService({ server, unary, env, requests }, name, {
      service,
      definition: proto[name] as ServiceDefinition,
    });
  }
  const health = new HealthImplementation();
  const setServing = (serving: boolean) => {
    for (const name of ["", ...Object.keys(services)]) {
      health.setStatus(name, serving ? "SERVING" : "NOT_SERVING");
    }
  };
  setServing(false);
  health.addToServer(server);
  // The descriptors of proto-loader lack what a file imports, and their type names are relative.
  if (rpc.reflection) reflectionOf(descriptors.files).addToServer(server);
  const listening = await listen(server, { hostPort: rpc.listen, maxHeaderBytes: rpc.maxHeaderBytes, guard });

  let stopped: Promise<void> | undefined;
  return {
    address: listening.address,
    setServing(serving) {
      if (stopped === undefined) setServing(serving);
    },
    stop() {
      if (stopped === undefined) {
        setServing(false);
        listening.close();
        stopped = drain(server, rpc.drainTimeoutMs).then(() => guard.close());
        openStreams.end();
      }
      return stopped;
    },
  };
}

/** Of the files it reads nothing else. */
function reflectionOf(fileDescriptorProtos: readonly Buffer[]): ReflectionService {
  return new ReflectionService({ files: { fileDescriptorProtos } } as unknown as PackageDefinition);
}

interface ListenOptions {
  readonly hostPort: string;
  readonly maxHeaderBytes: number;
  readonly guard: ConnectionGuard;
}

/** grpc-js gets only connections that the guard has accepted. */
async function listen(
  server: Server,
  { hostPort, maxHeaderBytes, guard }: ListenOptions,
): Promise<Listening> {
  const { injectConnection } = server.createConnectionInjector(ServerCredentials.createInsecure());
  for (const http2Server of http2ServersOf(server)) {
    http2Server.updateSettings({ maxHeaderListSize: maxHeaderBytes });
    guard.attach(http2Server);
    capTimeouts(http2Server);
  }
  const accept = (socket: Socket) => {
    if (guard.accept(socket)) injectConnection(socket);
  };
  return listenOnAll(hostPort, accept).catch((cause: Error) => {
    guard.close();
    throw new OrreryError("CONFIG_INVALID", `rpc.listen: ${cause.message}`, { cause });
  });
}

/** grpc-js keeps them to itself. */
function http2ServersOf(server: Server): Iterable<Http2Server> {
  return (
    server as unknown as { readonly http2Servers: ReadonlyMap<Http2Server, unknown> }
  ).http2Servers.keys();
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
