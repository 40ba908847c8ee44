/** A real gRPC server in this process over domain APIs that the test gives, and a real client of it. */
import { randomUUID } from "node:crypto";
import {
  type CallOptions,
  type Client,
  type ClientReadableStream,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ServiceClientConstructor,
  type ServiceError,
} from "@grpc/grpc-js";
import type { MessageTypeDefinition } from "@grpc/proto-loader";
import { type RpcDeps, serveRpc } from "../../../src/api/grpc/server.ts";
import { type Config, configSchema } from "../../../src/config/schema.ts";
import { createRequestMemory, processBytes } from "../../../src/coordinator/request-memory.ts";
import type { Logger } from "../../../src/lib/logger.ts";
import { readMemoryLimits } from "../../../src/lib/process-memory.ts";
import { TurnQueue } from "../../../src/lib/turns.ts";
import { loadProto } from "../../../src/proto/load-proto.ts";
import { EMPTY_MAP } from "../../../src/topology/shard-map.ts";

type Apis = Pick<
  RpcDeps,
  "query" | "write" | "admin" | "operations" | "cluster" | "clusterAdmin" | "rebalance"
>;

export interface RpcFixtureOptions {
  /** What is not given throws when it is called. */
  readonly apis?: { readonly [api in keyof Apis]?: Partial<Apis[api]> };
  readonly rpc?: Partial<Config["rpc"]>;
  readonly limits?: Partial<Config["limits"]>;
  readonly tracer?: RpcDeps["tracer"];
}

export const proto = loadProto();

export async function startRpc({ apis = {}, rpc = {}, limits = {}, tracer }: RpcFixtureOptions = {}) {
  const called: string[] = [];
  const api = <T extends object>(name: keyof Apis, given: Partial<T> = {}) =>
    new Proxy(given, {
      get(target, method: string) {
        const member: unknown = Reflect.get(target, method);
        if (member !== undefined && typeof member !== "function") return member;
        return (...args: unknown[]) => {
          called.push(`${name}.${method}`);
          if (member === undefined) throw new Error(`unexpected call of ${name}.${method}`);
          return (member as (...all: unknown[]) => unknown)(...args);
        };
      },
    }) as T;
  const logged: { level: string; fields: Record<string, unknown>; message: string }[] = [];
  const log = (level: string) => (fields: object, message: string) =>
    void logged.push({ level, fields: { ...fields }, message });
  const logger: Logger = {
    debug: log("debug"),
    info: log("info"),
    warn: log("warn"),
    error: log("error"),
    child: () => logger,
  };
  const finished: { method: string; code: string; elapsedMs: number }[] = [];
  const batched: string[] = [];
  const refused: string[] = [];
  let connections = 0;
  let held = { requests: 0, answers: 0 };
  let running = 0;
  const config = configSchema.parse({ rpc: { listen: "127.0.0.1:0", ...rpc }, limits });
  const server = await serveRpc(config, {
    clusterAdmin: api("clusterAdmin", apis.clusterAdmin),
    rebalance: api("rebalance", {
      inventory: async () => undefined,
      pinnedGroup: async () => undefined,
      ...apis.rebalance,
    }),
    query: api("query", apis.query),
    write: api("write", apis.write),
    admin: api("admin", apis.admin),
    operations: api("operations", apis.operations),
    cluster: api("cluster", { currentMap: () => EMPTY_MAP, ...apis.cluster }),
    turns: new TurnQueue(),
    logger,
    ...(tracer === undefined ? {} : { tracer }),
    observer: {
      started: () => {
        running += 1;
      },
      finished: (info) => {
        running -= 1;
        finished.push(info);
      },
      searchedInBatch: (code) => batched.push(code),
      encoded() {},
    },
    connectionObserver: {
      opened: () => {
        connections += 1;
      },
      closed: () => {
        connections -= 1;
      },
      refused: (reason) => refused.push(reason),
      held: (bytes) => {
        held = bytes;
      },
    },
    newId: randomUUID,
    memory: createRequestMemory(config, readMemoryLimits()),
    processBytes: processBytes(config, readMemoryLimits()),
    epochMs: Date.now,
    monotonicMs: () => performance.now(),
  });
  const clients = new Set<Client>();
  return {
    server,
    called,
    logged,
    finished,
    /** Codes of the searches in batches. */
    batched,
    running: () => running,
    /** Why connections and calls were ended. */
    refused,
    connections: () => connections,
    /** As of the last look at the connections. */
    held: () => held,
    connect(service: string, options = {}, address = server.address) {
      const Service = loadPackageDefinition(proto) as unknown as {
        orrery: { v1: Record<string, ServiceClientConstructor> };
      };
      const Constructor = Service.orrery.v1[service] as ServiceClientConstructor;
      const client = new Constructor(address, credentials.createInsecure(), options);
      clients.add(client);
      return createClient(client);
    },
    async stop() {
      for (const client of clients) client.close();
      await server.stop();
    },
  };
}

export type RpcFixture = Awaited<ReturnType<typeof startRpc>>;

export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: messages have the shape of the proto
  readonly response: any;
  readonly metadata: Metadata;
}

export interface CallInit {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly options?: CallOptions;
  /** Gets the function that cancels the call. */
  readonly started?: (cancel: () => void) => void;
}

function createClient(client: Client) {
  const methods = client as unknown as Record<string, (...args: unknown[]) => ClientReadableStream<object>>;
  return {
    raw: client,
    call(
      method: string,
      request: object,
      { metadata, options = {}, started }: CallInit = {},
    ): Promise<Answer> {
      return new Promise((resolve, reject) => {
        let initial = new Metadata();
        const call = methods[method]?.(
          request,
          Metadata.fromHttp2Headers(metadata ?? {}),
          options,
          (error: ServiceError | null, response: object) => {
            if (error !== null) reject(Object.assign(error, { initial }));
            else resolve({ response, metadata: initial });
          },
        );
        call?.on("metadata", (received: Metadata) => {
          initial = received;
        });
        started?.(() => call?.cancel());
      });
    },
    stream(method: string, request: object): ClientReadableStream<object> {
      const call = methods[method]?.(request);
      if (call === undefined) throw new Error(`no method ${method}`);
      return call;
    },
    /** Sends so many messages, whatever the method takes; the status code of the answer. */
    sendMany(path: string, messages: readonly Buffer[]): Promise<number> {
      const same = (value: Buffer) => value;
      return new Promise((resolve) => {
        const call = client.makeClientStreamRequest(path, same, same, (error) => resolve(error?.code ?? 0));
        for (const message of messages) call.write(message);
        call.end();
      });
    },
    /** Sends `bytes` as the request message, whatever they are. */
    send(path: string, bytes: Buffer): Promise<Buffer | undefined> {
      const same = (value: Buffer) => value;
      return new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, same, same, bytes, (error, response) =>
          error === null ? resolve(response) : reject(error),
        );
      });
    },
  };
}

export type RpcClient = ReturnType<typeof createClient>;

/** The error a call must fail with, and the google.rpc details in it by the name of their message. */
export async function failureOf(call: Promise<unknown>) {
  const error = (await call.then(
    (value) => {
      throw new Error(`the call succeeded: ${JSON.stringify(value)}`);
    },
    (reason: unknown) => reason,
  )) as ServiceError & { initial?: Metadata };
  if (error.metadata === undefined) throw error;
  return { error, code: error.code, message: error.details, details: detailsOf(error.metadata) };
}

function detailsOf(trailers: Metadata): StatusDetails {
  const [bytes] = trailers.get("grpc-status-details-bin");
  return bytes === undefined ? {} : readStatus(Buffer.from(bytes as Buffer)).details;
}

export interface StatusDetails {
  readonly ErrorInfo?: { reason: string; domain: string; metadata: Record<string, string> };
  readonly BadRequest?: { fieldViolations: { field: string; description: string }[] };
  readonly RetryInfo?: { retryDelay: { seconds: string; nanos: number } };
  readonly RequestInfo?: { requestId: string; servingData: string };
}

/** A google.rpc.Status, from bytes or as proto-loader decoded it. */
export function readStatus(source: Buffer | { code: number; message: string; details: object[] }) {
  const status = Buffer.isBuffer(source) ? decode("google.rpc.Status", source) : source;
  const details = status.details.map((detail: { type_url: string; value: Buffer }) => {
    const name = detail.type_url.replace("type.googleapis.com/", "");
    return [name.replace("google.rpc.", ""), decode(name, detail.value)];
  });
  return {
    code: status.code,
    message: status.message,
    details: Object.fromEntries(details) as StatusDetails,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: as above
export function decode(name: string, bytes: Buffer): any {
  return (proto[name] as MessageTypeDefinition<object, object>).deserialize(bytes);
}
