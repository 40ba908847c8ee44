import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { credentials, loadPackageDefinition, type ServiceClientConstructor } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { protoPath as healthProto } from "grpc-health-check";
import protobuf from "protobufjs";
import descriptor from "protobufjs/ext/descriptor/index.js";
import { afterEach, expect, it } from "vitest";
import { packageRoot } from "../../../../src/lib/package-root.ts";
import { methodNames } from "../../../../src/proto/load-proto.ts";
import { waitFor } from "../../../support/wait-for.ts";
import { failureOf, type RpcFixture, type RpcFixtureOptions, startRpc } from "../rpc-fixture.ts";

const SERVICES = [
  "VectorService",
  "CollectionService",
  "NamespaceService",
  "ClusterService",
  "OperationService",
];
const NAMES = SERVICES.map((name) => `orrery.v1.${name}`);
const SEARCH = { namespaces: ["a"], record: { namespace: "a", key: "k" } };

let rpc: RpcFixture | undefined;
const close: (() => void)[] = [];

async function start(options: RpcFixtureOptions = {}) {
  rpc = await startRpc(options);
  return rpc;
}

afterEach(async () => {
  for (const closeClient of close.splice(0)) closeClient();
  await rpc?.stop();
});

function healthClient(address: string) {
  // biome-ignore lint/suspicious/noExplicitAny: another package's service
  const { grpc } = loadPackageDefinition(loadSync(healthProto, { enums: String })) as any;
  const client = new (grpc.health.v1.Health as ServiceClientConstructor)(
    address,
    credentials.createInsecure(),
  );
  close.push(() => client.close());
  return client;
}

function check(client: ReturnType<typeof healthClient>, service: string): Promise<string> {
  return new Promise((resolve, reject) => {
    client.check?.({ service }, (error: Error | null, answer: { status: string }) =>
      error === null ? resolve(answer.status) : reject(error),
    );
  });
}

it("reports NOT_SERVING health until readiness is set, for the server and each service", async () => {
  const { server } = await start();
  const client = healthClient(server.address);
  for (const name of ["", ...NAMES]) expect(await check(client, name)).toBe("NOT_SERVING");
  server.setServing(true);
  for (const name of ["", ...NAMES]) expect(await check(client, name)).toBe("SERVING");
  server.setServing(false);
  expect(await check(client, NAMES[0] ?? "")).toBe("NOT_SERVING");
});

it("lists the services, messages and error details through reflection", async () => {
  const { server } = await start();
  const reflect = reflectionClient(server.address);
  const { listServicesResponse } = await reflect({ listServices: "" });
  const listed = listServicesResponse?.service.map(({ name }) => name);
  expect(listed).toEqual(expect.arrayContaining(NAMES));
  for (const symbol of ["google.rpc.ErrorInfo", "google.rpc.BadRequest", "google.rpc.RetryInfo"]) {
    const { fileDescriptorResponse } = await reflect({ fileContainingSymbol: symbol });
    expect(fileDescriptorResponse?.fileDescriptorProto.length).toBeGreaterThan(0);
  }
  const { fileDescriptorResponse } = await reflect({
    fileContainingSymbol: "orrery.v1.VectorService.Search",
  });
  const messages = (fileDescriptorResponse?.fileDescriptorProto ?? [])
    .map((bytes) => descriptor.FileDescriptorProto.decode(bytes).toJSON() as FileDescriptor)
    .flatMap(({ messageType = [] }) => messageType);
  const request = messages.find(({ name }) => name === "SearchRequest");
  expect(request?.field.map(({ name }) => name)).toContain("top_k");
});

it("reflects each service with all that its messages need, so that clients can build them", async () => {
  const { server } = await start();
  const reflect = reflectionClient(server.address);
  for (const name of NAMES) {
    const files = await fileAndImports(reflect, name);
    // Every import is there under its name, and every type has its full name.
    for (const { dependency = [] } of files.values()) {
      for (const imported of dependency) expect([...files.keys()]).toContain(imported);
    }
    const types = [...files.values()].flatMap(({ messageType = [] }) =>
      messageType.flatMap(({ field = [] }) => field.flatMap(({ typeName }) => typeName ?? [])),
    );
    expect(types.length).toBeGreaterThan(0);
    expect(types.filter((type) => !type.startsWith("."))).toEqual([]);
    const set = descriptor.FileDescriptorSet.fromObject({ file: [...files.values()] });
    const root = (protobuf.Root as unknown as { fromDescriptor(set: object): protobuf.Root }).fromDescriptor(
      set,
    );
    root.resolveAll();
    expect(Object.keys(root.lookupService(name).methods).length).toBeGreaterThan(0);
  }
});

it("serves buf curl by reflection alone", async () => {
  const { server } = await start({
    apis: { query: { count: async () => ({ count: 7n, exact: true }) } },
  });
  const curl = async (version: string) => {
    const { stdout } = await promisify(execFile)(join(packageRoot(), "node_modules/.bin/buf"), [
      "curl",
      ...["--protocol", "grpc", "--http2-prior-knowledge", "--reflect", "--reflect-protocol", version],
      ...["--data", '{"all_namespaces":true}'],
      `http://${server.address}/orrery.v1.VectorService/Count`,
    ]);
    return JSON.parse(stdout);
  };
  expect(await curl("grpc-v1")).toEqual({ count: "7", exact: true });
  expect(await curl("grpc-v1alpha")).toEqual({ count: "7", exact: true });
});

it("serves no reflection when the configuration turns it off", async () => {
  const { server } = await start({ rpc: { reflection: false } });
  await expect(reflectionClient(server.address)({ listServices: "" })).rejects.toMatchObject({ code: 12 });
});

it("names the methods of the five services", () => {
  const names = methodNames();
  expect(names).toContain("orrery.v1.VectorService/Search");
  expect(new Set(names.map((name) => name.split("/")[0]))).toEqual(new Set(NAMES));
});

it("refuses an address in use with CONFIG_INVALID, naming the setting", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  close.push(() => taken.close());
  const { port } = taken.address() as { port: number };
  await expect(startRpc({ rpc: { listen: `127.0.0.1:${port}` } })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining("rpc.listen"),
  });
});

it("replaces an old connection while the call under way on it goes on", async () => {
  const counts: ((answer: { count: bigint; exact: boolean }) => void)[] = [];
  const fixture = await start({
    rpc: { maxConnectionAgeMs: 100 },
    apis: { query: { count: () => new Promise((resolve) => counts.push(resolve)) } },
  });
  const { hostname, port } = new URL(`http://${fixture.server.address}`);
  let connections = 0;
  const proxy = createServer((client) => {
    connections += 1;
    const upstream = connect(Number(port), hostname);
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  close.push(() => proxy.close());
  const address = `127.0.0.1:${(proxy.address() as { port: number }).port}`;
  const client = fixture.connect("VectorService", {}, address);
  const held = client.call("Count", { allNamespaces: true });
  await waitFor(() => counts.length === 1, { what: "the call" });
  const [answerHeld] = counts;
  const again = async () => {
    const answer = client.call("Count", { allNamespaces: true });
    const called = counts.length + 1;
    await waitFor(() => counts.length === called, { what: "another call", intervalMs: 1 });
    counts[called - 1]?.({ count: 1n, exact: true });
    await answer;
    return connections > 2;
  };
  await waitFor(again, { what: "a third connection", intervalMs: 1 });
  answerHeld?.({ count: 7n, exact: true });
  expect((await held).response).toEqual({ count: "7", exact: true });
});

it("lets a call under way finish when it stops, refuses new ones, and ends watches", async () => {
  let release = () => {};
  const { server, connect } = await start({
    apis: {
      query: {
        count: () =>
          new Promise((resolve) => {
            release = () => resolve({ count: 7n, exact: true });
          }),
      },
      cluster: {
        nodeHealth: () => ({}),
        onMapChange: () => () => {},
      },
    },
  });
  server.setServing(true);
  const client = connect("VectorService");
  const answer = client.call("Count", { allNamespaces: true });
  const health = healthClient(server.address).watch?.({ service: "" });
  const statuses: string[] = [];
  health.on("data", ({ status }: { status: string }) => statuses.push(status));
  const healthEnd = errorOf(health);
  const watch = connect("ClusterService").stream("WatchShardMap", {});
  watch.on("data", () => {});
  const watchEnd = errorOf(watch);
  await waitFor(() => statuses.length === 1, { what: "the first status" });
  await waitFor(() => rpc?.running() === 2, { what: "the call and the watch" });

  const stopped = server.stop();
  expect(server.stop()).toBe(stopped);
  expect(await healthEnd).toMatchObject({ code: 14 });
  expect(statuses).toEqual(["SERVING", "NOT_SERVING"]);
  expect((await failureOf(watchEnd.then((error) => Promise.reject(error)))).details.ErrorInfo?.reason).toBe(
    "SHUTTING_DOWN",
  );
  server.setServing(true);
  const late = connect("VectorService", { "grpc.enable_retries": 0, "grpc.use_local_subchannel_pool": 1 });
  expect((await failureOf(late.call("Count", { allNamespaces: true }))).code).toBe(14);

  release();
  expect((await answer).response).toEqual({ count: "7", exact: true });
  await stopped;
  expect(rpc?.running()).toBe(0);
});

it("cuts off a call that does not finish in time when it stops, and aborts its stages", async () => {
  const { server, connect, running } = await start({
    rpc: { drainTimeoutMs: 50 },
    apis: {
      query: {
        search: (_, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason));
          }),
      },
    },
  });
  const call = failureOf(connect("VectorService").call("Search", SEARCH));
  await waitFor(() => running() === 1, { what: "the call" });
  await server.stop();
  expect([1, 14]).toContain((await call).code);
  await waitFor(() => running() === 0, { what: "the end of the call" });
});

function errorOf(stream: { on(event: "error", listener: (error: Error) => void): unknown }): Promise<Error> {
  return new Promise((resolve) => stream.on("error", resolve));
}

interface FileDescriptor {
  readonly name?: string;
  readonly dependency?: string[];
  readonly messageType?: { name: string; field: { name: string; typeName?: string }[] }[];
}

/** The file of a symbol and, one after another, everything it imports; as clients ask for them. */
async function fileAndImports(
  reflect: ReturnType<typeof reflectionClient>,
  symbol: string,
): Promise<ReadonlyMap<string, FileDescriptor>> {
  const files = new Map<string, FileDescriptor>();
  const asked: object[] = [{ fileContainingSymbol: symbol }];
  for (let next = asked.pop(); next !== undefined; next = asked.pop()) {
    const { fileDescriptorResponse } = await reflect(next);
    const [bytes] = fileDescriptorResponse?.fileDescriptorProto ?? [];
    if (bytes === undefined) throw new Error(`no file for ${JSON.stringify(next)}`);
    const file = descriptor.FileDescriptorProto.toObject(
      descriptor.FileDescriptorProto.decode(bytes),
    ) as FileDescriptor;
    files.set(file.name ?? "", file);
    for (const name of file.dependency ?? []) if (!files.has(name)) asked.push({ fileByFilename: name });
  }
  return files;
}

interface ReflectionAnswer {
  readonly listServicesResponse?: { service: { name: string }[] };
  readonly fileDescriptorResponse?: { fileDescriptorProto: Buffer[] };
}

const reflectionProto = createRequire(import.meta.url).resolve(
  "@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto",
);

function reflectionClient(address: string): (request: object) => Promise<ReflectionAnswer> {
  // biome-ignore lint/suspicious/noExplicitAny: another package's service
  const { grpc } = loadPackageDefinition(loadSync(reflectionProto)) as any;
  const client = new (grpc.reflection.v1.ServerReflection as ServiceClientConstructor)(
    address,
    credentials.createInsecure(),
  );
  close.push(() => client.close());
  return (request) =>
    new Promise((resolve, reject) => {
      const stream = client.ServerReflectionInfo?.();
      stream.on("data", resolve);
      stream.on("error", reject);
      stream.write(request);
      stream.end();
    });
}
