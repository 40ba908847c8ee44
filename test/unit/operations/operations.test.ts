import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { validateCollectionSpec } from "../../../src/engines/collection-ddl.ts";
import type { FinishedOperations } from "../../../src/engines/finished-operations.ts";
import { OrreryError } from "../../../src/errors.ts";
import { pause } from "../../../src/lib/pause.ts";
import type { DeleteNamespace } from "../../../src/operations/data-jobs.ts";
import {
  createOperations,
  type Operations,
  type OperationsOptions,
} from "../../../src/operations/operations.ts";
import type { Operation } from "../../../src/operations/types.ts";
import { startPresence } from "../../../src/topology/presence.ts";
import { EMPTY_MAP, findCollection } from "../../../src/topology/shard-map.ts";
import { startMapWatcher } from "../../../src/topology/watcher.ts";
import { noopLogger } from "../../contract/noop-logger.ts";
import { waitFor } from "../../support/wait-for.ts";
import { leadWith } from "../topology/lead-with.ts";
import { MemoryEngine } from "../topology/memory-engine.ts";
import { createUnreliableStore, type UnreliableStore } from "../topology/unreliable-store.ts";

const LONG_MS = 600_000;
const DAY_MS = 24 * 60 * 60 * 1_000;
const NEVER = new AbortController().signal;
const SPEC = {
  name: "books",
  dimension: 8,
  metric: "cosine",
  quantization: "none",
  hnsw: { m: 16, efConstruction: 64 },
  shardCount: 2,
} as const;

/** A namespace of `batches` batches of ten records, each deleted when the test says so. */
class SlowNamespace {
  deleted = 0;
  /** When a batch may be deleted and is not yet. */
  confirmed = async () => {};
  readonly #batches: number;
  #allowed = 0;
  constructor(batches: number) {
    this.#batches = batches;
  }
  allow(batches: number) {
    this.#allowed += batches;
  }
  readonly delete: DeleteNamespace = async ({ confirm, onProgress }, { signal }) => {
    let own = 0;
    while (this.deleted < this.#batches * 10) {
      await waitFor(() => signal.aborted || this.#allowed > 0, { what: "permission to go on" });
      signal.throwIfAborted();
      this.#allowed -= 1;
      await confirm();
      await this.confirmed();
      this.deleted += 10;
      own += 10;
      onProgress?.(own);
    }
    return own;
  };
}

describe("operations", () => {
  let store: UnreliableStore;
  let engine: MemoryEngine;
  let namespace: SlowNamespace;
  let now: number;
  let ids: number;
  let undo: (() => Promise<void>)[];

  beforeEach(() => {
    store = createUnreliableStore();
    engine = new MemoryEngine();
    namespace = new SlowNamespace(3);
    now = 0;
    ids = 0;
    undo = [];
  });
  afterEach(async () => {
    namespace.allow(100);
    for (const close of undo.reverse()) await close();
  });

  /** One coordinator, complete but for the network. */
  async function startCoordinator(
    id: string,
    more?: Pick<OperationsOptions, "cluster" | "finished">,
  ): Promise<Operations & { crash(): Promise<void> }> {
    const map = await startMapWatcher({
      store,
      readCatalog: (options) => engine.readMap(options),
      reconcileIntervalMs: LONG_MS,
      rebuildIntervalMs: LONG_MS,
      logger: noopLogger,
      monotonicMs: () => now,
    });
    const leading = leadWith({ store, engine, map, id, publishIntervalMs: 50, monotonicMs: () => now });
    const presence = await startPresence({
      store,
      map,
      self: { id, address: `${id}:1`, version: "1", serves: ["metric"] },
    });
    const operations = createOperations({
      ...more,
      store,
      engine,
      map,
      publishNow: leading.publishNow,
      deleteNamespace: namespace.delete,
      resolveSpec(request) {
        const spec = { shardCount: 2, ...request };
        validateCollectionSpec(spec);
        return spec;
      },
      id,
      newId: () => {
        ids += 1;
        return `op-${ids}`;
      },
      epochMs: () => now,
      logger: noopLogger,
    });
    let closed: Promise<void> | undefined;
    const closeAll = async () => {
      await operations.close();
      await presence.close();
      await leading.close();
      await map.close();
    };
    const crash = () => {
      closed ??= closeAll();
      return closed;
    };
    undo.push(crash);
    await waitFor(async () => (await store.load()) !== undefined && map.current().epoch > 0, {
      what: "the first map",
    });
    return { ...operations, crash };
  }

  const finished = (operations: Operations, id: string) =>
    waitFor(
      async () => {
        const operation = await operations.get(id);
        return operation.finishedAtMs !== undefined && operation;
      },
      { what: `the end of ${id}` },
    );
  const recorded = async () =>
    (await store.listOperations()).map(({ value }) => JSON.parse(value.json) as Operation);

  it("creates a collection: the table exists and the published map has it when the operation is done", async () => {
    const operations = await startCoordinator("a");
    const operation = await operations.createCollection(SPEC);
    expect(operation).toMatchObject({
      id: "op-1",
      kind: "create_collection",
      state: "done",
      fraction: 1,
      message: "",
      coordinator: "a",
      arguments: {
        collection: "books",
        dimension: 8,
        metric: "cosine",
        quantization: "none",
        m: 16,
        ef_construction: 64,
      },
      result: { collection: "books" },
    });
    const published = (await store.load())?.value;
    expect(published && findCollection(published, "books")).toMatchObject({ dimension: 8 });
    expect(await recorded()).toEqual([operation]);
  });

  it("lets any number of requests wait for their operations at once", async () => {
    const operations = await startCoordinator("a");
    namespace.allow(100);
    const all = Array.from({ length: 12 }, (_, i) => operations.deleteNamespace("words", `n${i}`));
    // Node.js would warn of their listeners, which refuse-leak-warnings.ts takes for a failure.
    for (const { id } of await Promise.all(all)) {
      expect(await finished(operations, id)).toMatchObject({ state: "done" });
    }
  });

  it("ends an operation only when every live coordinator serves the change", async () => {
    const operations = await startCoordinator("a");
    const slow = { id: "slow", address: "slow:1", version: "1", epoch: 1 };
    const announcement = await store.announce(slow);
    const operation = await operations.createCollection(SPEC);
    expect(operation).toMatchObject({ state: "running", stage: "wait until served" });
    await announcement.update({ ...slow, epoch: 2 });
    expect(await finished(operations, operation.id)).toMatchObject({ state: "done", message: "" });
  });

  it("creates a collection on a coordinator that is not the leader", async () => {
    await startCoordinator("leader");
    const other = await startCoordinator("other");
    expect(await other.createCollection(SPEC)).toMatchObject({ state: "done", coordinator: "other" });
  });

  it("says who asked for a change of collections or namespaces", async () => {
    const operations = await startCoordinator("a");
    namespace.allow(3);
    for (const { requestedBy } of [
      await operations.deleteNamespace("words", "n", "me"),
      await operations.createCollection(SPEC, "me"),
      await operations.deleteCollection("words", "me"),
    ]) {
      expect(requestedBy).toBe("me");
    }
  });

  describe("update_collection", () => {
    const YEAR = { name: "year", fields: [{ path: ["year"], type: "number" as const }] };
    const NOTHING = { name: "words", addFilterIndexes: [], dropFilterIndexes: [], complete: false };
    const add = { ...NOTHING, addFilterIndexes: [YEAR] };
    const published = async () => findCollection((await store.load())?.value ?? EMPTY_MAP, "words")?.settings;
    /** From now on no build ends but by its signal. */
    const holdBuilds = () => {
      engine.buildsUntil = (signal) => pause(LONG_MS, signal);
    };

    it("builds indexes, then has the map say so; drops them after it has stopped saying so", async () => {
      const operations = await startCoordinator("a");
      expect(await operations.updateCollection({ ...add, recallTarget: 0.9 })).toMatchObject({
        kind: "update_collection",
        state: "done",
        stages: ["build indexes", "change settings", "wait until served"],
      });
      expect(await published()).toMatchObject({ filterIndexes: [YEAR], recallTarget: 0.9 });
      expect(engine.built).toEqual(new Set(["year"]));
      expect(await operations.updateCollection({ ...NOTHING, dropFilterIndexes: ["year"] })).toMatchObject({
        state: "done",
        stages: ["change settings", "wait until served", "drop indexes"],
      });
      expect(await published()).not.toHaveProperty("filterIndexes");
      expect(engine.built.size).toBe(0);
    });

    it("gives an older collection what new ones have", async () => {
      const operations = await startCoordinator("a");
      expect(await operations.updateCollection({ ...NOTHING, complete: true })).toMatchObject({
        state: "done",
      });
      expect(engine.built).toEqual(new Set(["metadata", "tags", "created_at", "inline"]));
      expect((await published())?.storage).toBe("inline");
      expect((await published())?.recordIndexes).toEqual(["metadata", "tags", "created_at"]);
    });

    it("cancelled while it builds, drops what was built and changes no settings", async () => {
      const operations = await startCoordinator("a");
      holdBuilds();
      const { id } = await operations.updateCollection(add);
      expect(engine.built.size).toBe(1);
      await expect(operations.updateCollection({ ...NOTHING, recallTarget: 0.9 })).rejects.toMatchObject({
        code: "OPERATION_CONFLICT",
      });
      await operations.cancel(id);
      expect(await finished(operations, id)).toMatchObject({ state: "cancelled" });
      expect(engine.built.size).toBe(0);
      expect(await published()).toBeUndefined();
    });

    it("goes on with another coordinator when its own is gone", async () => {
      const a = await startCoordinator("a");
      const b = await startCoordinator("b");
      holdBuilds();
      const { id } = await b.updateCollection(add);
      await b.crash();
      expect(engine.built.size).toBe(1);
      engine.buildsUntil = async () => {};
      await a.adoptOrphans();
      expect(await finished(a, id)).toMatchObject({ state: "done", coordinator: "a" });
      expect(await published()).toMatchObject({ filterIndexes: [YEAR] });
    });

    it("refuses what the collection cannot have, naming the field", async () => {
      const operations = await startCoordinator("a");
      await operations.updateCollection(add);
      const other = { ...YEAR, fields: [{ path: ["other"], type: "number" as const }] };
      const refusals = [
        [{ ...NOTHING }, ""],
        [{ ...NOTHING, dropFilterIndexes: ["none"] }, "drop_filter_indexes[0]"],
        [{ ...NOTHING, addFilterIndexes: [other] }, "add_filter_indexes[0].name"],
      ] as const;
      for (const [request, field] of refusals) {
        await expect(operations.updateCollection(request)).rejects.toMatchObject({
          code: "INVALID_REQUEST",
          details: { fields: [{ field }] },
        });
      }
      await expect(operations.updateCollection({ ...add, name: "none" })).rejects.toMatchObject({
        code: "COLLECTION_NOT_FOUND",
      });
    });
  });

  it("deletes a collection: gone from the published map when done", async () => {
    const operations = await startCoordinator("a");
    expect(await operations.deleteCollection("words")).toMatchObject({
      kind: "delete_collection",
      state: "done",
      result: { collection: "words" },
    });
    expect((await store.load())?.value.collections).toEqual([]);
  });

  it("refuses what cannot be done before anything is recorded", async () => {
    const operations = await startCoordinator("a");
    const refusals = [
      [() => operations.createCollection({ ...SPEC, dimension: 0 }), "INVALID_REQUEST"],
      [() => operations.createCollection({ ...SPEC, name: "words" }), "COLLECTION_EXISTS"],
      [() => operations.deleteCollection("unknown"), "COLLECTION_NOT_FOUND"],
      [() => operations.deleteNamespace("unknown", "n"), "COLLECTION_NOT_FOUND"],
    ] as const;
    for (const [call, code] of refusals) await expect(call()).rejects.toMatchObject({ code });
    expect(await recorded()).toEqual([]);
  });

  it("creates no collection that a coordinator of an earlier version would serve wrongly", async () => {
    const operations = await startCoordinator("a");
    const earlier = { id: "earlier", address: "earlier:1", version: "0.1.0", epoch: 9 };
    const announcement = await store.announce(earlier);
    const create = () => operations.createCollection({ ...SPEC, metric: "l2" });
    await expect(create()).rejects.toMatchObject({
      code: "COORDINATOR_OUTDATED",
      message: expect.stringContaining("earlier (earlier:1, version 0.1.0)"),
    });
    expect(await recorded()).toEqual([]);
    await announcement.update({ ...earlier, serves: ["metric"] });
    expect(await create()).toMatchObject({ state: "done", arguments: { metric: "l2" } });
  });

  it("does nothing for a request that came while the store was unreachable, not even later", async () => {
    const operations = await startCoordinator("a");
    store.reachable = false;
    await expect(operations.createCollection(SPEC)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    store.reachable = true;
    // The store fails between the record and the start.
    const put = store.putOperation;
    store.putOperation = async (entry, expected) => {
      if (expected !== undefined) throw new OrreryError("STORE_UNAVAILABLE", "lost");
      return put(entry, expected);
    };
    await expect(operations.createCollection(SPEC)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await waitFor(async () => (await recorded()).length === 0, { what: "the record to be discarded" });
    expect(findCollection(engine.catalog, "books")).toBeUndefined();
  });

  it("repeats a step that failed for a passing reason", async () => {
    const operations = await startCoordinator("a");
    const create = engine.createCollection.bind(engine);
    let attempts = 0;
    engine.createCollection = async (spec, signal) => {
      attempts += 1;
      if (attempts < 3) throw new OrreryError("NODE_UNAVAILABLE", "worker-1 is away");
      return create(spec, signal);
    };
    const { id } = await operations.createCollection(SPEC);
    expect(await finished(operations, id)).toMatchObject({ state: "done", message: "" });
    expect(attempts).toBe(3);
  });

  it("records why an operation failed, and no internals", async () => {
    const operations = await startCoordinator("a");
    engine.createCollection = () => Promise.reject(new OrreryError("STATEMENT_FAILED", "no disk space"));
    expect(await operations.createCollection(SPEC)).toMatchObject({
      state: "failed",
      error: { code: "STATEMENT_FAILED", message: "no disk space" },
    });
    engine.createCollection = () => Promise.reject(new TypeError("x is not a function"));
    expect(await operations.createCollection(SPEC)).toMatchObject({
      state: "failed",
      error: { code: "BUG", message: "internal error" },
    });
  });

  it("deletes a namespace in batches and shows watchers each change", async () => {
    const operations = await startCoordinator("a");
    const operation = await operations.deleteNamespace("words", "n");
    expect(operation).toMatchObject({ state: "running", stage: "delete records" });
    const shown: string[] = [];
    const watching = (async () => {
      for await (const { state, message } of operations.watch(operation.id, NEVER)) {
        shown.push(`${state}: ${message}`);
        namespace.allow(1);
      }
    })();
    await watching;
    expect(shown).toEqual([
      "running: ",
      "running: deleted 10 records",
      "running: deleted 20 records",
      "running: deleted 30 records",
      "done: deleted 30 records",
    ]);
    expect((await operations.get(operation.id)).result).toEqual({ deleted: 30 });
  });

  it("shows the operations of other coordinators, and ends a watch when its signal aborts", async () => {
    const a = await startCoordinator("a");
    const b = await startCoordinator("b");
    const { id } = await a.deleteNamespace("words", "n");
    const giveUp = new AbortController();
    const states: string[] = [];
    for await (const { state } of b.watch(id, giveUp.signal)) {
      states.push(state);
      giveUp.abort();
    }
    expect(states).toEqual(["running"]);
    await expect(b.get("op-99")).rejects.toMatchObject({ code: "OPERATION_NOT_FOUND" });
    await expect(b.cancel("op-99")).rejects.toMatchObject({ code: "OPERATION_NOT_FOUND" });
  });

  it.each(["its own", "another"])(
    "cancels the deletion of a namespace between two batches when asked through %s coordinator",
    async (whose) => {
      const a = await startCoordinator("a");
      const b = await startCoordinator("b");
      const { id } = await a.deleteNamespace("words", "n");
      namespace.allow(1);
      await waitFor(async () => (await a.get(id)).message === "deleted 10 records", {
        what: "the first batch",
      });
      const asked = whose === "another" ? b : a;
      expect(await asked.cancel(id)).toMatchObject({ state: "cancelling" });
      expect(await finished(a, id)).toMatchObject({ state: "cancelled", message: "deleted 10 records" });
      expect(namespace.deleted).toBe(10);
      expect(await asked.cancel(id)).toMatchObject({ state: "cancelled" });
    },
  );

  it("finishes a cancelled operation that cannot be undone half-way", async () => {
    const operations = await startCoordinator("a");
    const slow = { id: "slow", address: "slow:1", version: "1", epoch: 1 };
    const announcement = await store.announce(slow);
    const { id } = await operations.createCollection(SPEC);
    expect(await operations.cancel(id)).toMatchObject({ state: "cancelling" });
    await announcement.update({ ...slow, epoch: 2 });
    expect(await finished(operations, id)).toMatchObject({ state: "done" });
  });

  it("refuses to delete a collection that an operation works on, naming it", async () => {
    const a = await startCoordinator("a");
    const b = await startCoordinator("b");
    const { id } = await a.deleteNamespace("words", "n");
    await expect(b.deleteCollection("words")).rejects.toMatchObject({
      code: "OPERATION_CONFLICT",
      message: expect.stringContaining(id),
    });
    namespace.allow(3);
    await finished(b, id);
    expect(await b.deleteCollection("words")).toMatchObject({ state: "done" });
  });

  it("never runs two operations that collide, even when they begin at the same moment", async () => {
    const a = await startCoordinator("a");
    const b = await startCoordinator("b");
    const begun = await Promise.allSettled([a.deleteNamespace("words", "n"), b.deleteCollection("words")]);
    const started = begun.filter(({ status }) => status === "fulfilled");
    expect(started.length).toBeLessThan(2);
    for (const outcome of begun) {
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "OPERATION_CONFLICT" });
    }
  });

  it("hands an operation over to the leader when its coordinator is gone", async () => {
    const a = await startCoordinator("a");
    const b = await startCoordinator("b");
    const { id } = await a.deleteNamespace("words", "n");
    namespace.allow(1);
    await waitFor(() => namespace.deleted === 10, { what: "the first batch" });
    await b.adoptOrphans();
    expect((await b.get(id)).coordinator).toBe("a");
    await a.crash();
    expect((await b.get(id)).state).toBe("running");
    await b.adoptOrphans();
    namespace.allow(2);
    expect(await finished(b, id)).toMatchObject({ state: "done", coordinator: "b", result: { deleted: 20 } });
  });

  it("stops an operation here that another coordinator has adopted", async () => {
    const a = await startCoordinator("a");
    const b = await startCoordinator("b");
    const { id } = await a.deleteNamespace("words", "n");
    // As after an outage of the store: the coordinator is alive, but not announced.
    store.coordinators = async () => [];
    await b.adoptOrphans();
    await waitFor(async () => (await a.get(id)).coordinator === "b", {
      what: "a to let go",
      timeoutMs: 5_000,
    });
    namespace.allow(3);
    await finished(b, id);
    expect(await recorded()).toMatchObject([{ state: "done", coordinator: "b" }]);
  });

  it("deletes nothing of a namespace while the store does not confirm that it runs the operation", async () => {
    const a = await startCoordinator("a");
    const b = await startCoordinator("b");
    const { id } = await a.deleteNamespace("words", "n");
    store.reachable = false;
    const get = store.getOperationHead;
    let asked = 0;
    store.getOperationHead = (key) => {
      asked += 1;
      return get(key);
    };
    namespace.allow(1);
    await waitFor(() => asked > 1, { what: "the store to be asked" });
    expect(namespace.deleted).toBe(0);
    store.reachable = true;
    await waitFor(() => namespace.deleted === 10, { what: "the first batch" });
    // Adopted, brought to its end and written to again, all while this one was frozen.
    store.coordinators = async () => [];
    await b.adoptOrphans();
    namespace.confirmed = async () => {
      expect((await recorded())[0]?.coordinator).toBe("b");
    };
    namespace.allow(2);
    expect(await finished(b, id)).toMatchObject({ coordinator: "b", result: { deleted: 20 } });
    expect(namespace.deleted).toBe(30);
  });

  it("does not drop a new collection that has the name of the one that was to be deleted", async () => {
    const operations = await startCoordinator("a");
    const drop = engine.dropCollection.bind(engine);
    engine.dropCollection = async (name, signal, id) => {
      // Frozen here, while another coordinator has deleted it and somebody has made a new one.
      await drop(name, signal);
      await engine.createCollection({ ...SPEC, name }, NEVER);
      const collections = engine.catalog.collections.map((one) => ({ ...one, id: 77, table: "c_77" }));
      engine.catalog = { ...engine.catalog, collections };
      await drop(name, signal, id);
    };
    expect(await operations.deleteCollection("words")).toMatchObject({ state: "done", message: "" });
    expect(findCollection(engine.catalog, "words")).toMatchObject({ id: 77 });
  });

  it("does not create a collection again that an adopting coordinator created and that was deleted since", async () => {
    const a = await startCoordinator("a");
    const b = await startCoordinator("b");
    const create = engine.createCollection.bind(engine);
    engine.createCollection = async (spec, signal, confirm) => {
      engine.createCollection = create;
      // As after an outage of the store: the coordinator is alive, but not announced.
      const { coordinators } = store;
      store.coordinators = async () => [];
      await b.adoptOrphans();
      store.coordinators = coordinators;
      const [adopted] = await recorded();
      await finished(b, adopted?.id ?? "");
      await b.deleteCollection(spec.name);
      await create(spec, signal, confirm);
    };
    const { id } = await a.createCollection(SPEC);
    expect(await finished(b, id)).toMatchObject({ state: "done", coordinator: "b" });
    await waitFor(async () => (await a.get(id)).coordinator === "b", { what: "a to let go" });
    expect(findCollection(engine.catalog, SPEC.name)).toBeUndefined();
  });

  it("stops an operation that has ended elsewhere and left the store, and does not put it back", async () => {
    const kept = new Map<string, string>();
    const operations = await startCoordinator("a", {
      finished: {
        get: async (id: string) => kept.get(id),
        list: async () => [...kept].map(([id, json]) => ({ id, json })),
      } as unknown as FinishedOperations,
    });
    const { id } = await operations.deleteNamespace("words", "n");
    const [record] = await recorded();
    kept.set(id, JSON.stringify({ ...record, state: "done", coordinator: "b", finishedAtMs: now }));
    await store.deleteOperation(id);
    await waitFor(async () => (await operations.get(id)).state === "done", { what: "a to let go" });
    namespace.allow(3);
    await operations.crash();
    expect(namespace.deleted).toBe(0);
    expect(await recorded()).toEqual([]);
  });

  it("fails an orphan that had not begun, and deletes records after 30 days", async () => {
    const operations = await startCoordinator("a");
    const { id } = await operations.createCollection(SPEC);
    const [done] = await recorded();
    const pending = { ...done, id: "op-x", state: "pending", coordinator: "gone", finishedAtMs: undefined };
    await store.putOperation({ id: "op-x", json: JSON.stringify(pending) }, undefined);
    await operations.adoptOrphans();
    expect(await operations.get("op-x")).toMatchObject({ state: "failed", error: { code: "CANCELLED" } });

    now = 30 * DAY_MS;
    await operations.adoptOrphans();
    expect((await operations.list()).operations.map((operation) => operation.id)).toEqual(["op-x", id]);
    now += 1;
    await operations.adoptOrphans();
    expect((await operations.list()).operations).toEqual([]);
  });

  it("records the end of an operation after an outage and a wipe of the store", async () => {
    const operations = await startCoordinator("a");
    const { id } = await operations.deleteNamespace("words", "n");
    namespace.confirmed = async () => {
      if (namespace.deleted < 20) return;
      await store.wipe();
      store.reachable = false;
    };
    namespace.allow(3);
    await waitFor(() => namespace.deleted === 30, { what: "the work to be done" });
    store.reachable = true;
    await waitFor(async () => (await recorded()).some(({ state }) => state === "done"), {
      what: "the record",
      timeoutMs: 10_000,
    });
    expect(await operations.get(id)).toMatchObject({ state: "done", result: { deleted: 30 } });
  });

  it.each([
    ["cut off", () => '{"id":"op-x","kind":"move_sh'],
    ["of no operation", () => "[]"],
    ["without a state", (json: string) => json.replace('"state":"done"', '"state":"melting"')],
    ["of another operation", (json: string) => json.replace(/"id":"[^"]*"/, '"id":"op-y"')],
    ["with strange arguments", (json: string) => json.replace(/"arguments":\{[^}]*\}/, '"arguments":7')],
  ])("skips and lists a record that is %s, and the other operations go on", async (_, damage) => {
    const operations = await startCoordinator("a");
    const { id } = await operations.createCollection(SPEC);
    const [entry] = await store.listOperations();
    await store.putOperation({ id: "op-x", json: damage(entry?.value.json ?? "") }, undefined);
    await operations.adoptOrphans();
    expect(await operations.createCollection({ ...SPEC, name: "more" })).toMatchObject({ state: "done" });
    expect((await operations.list()).operations.map((operation) => operation.id)).toContain(id);
    expect((await operations.list()).operations.map((operation) => operation.id)).not.toContain("op-x");
    const problem = expect.stringMatching(/^operation op-x cannot be read: its record /);
    expect((await operations.list({ unfinished: true })).unreadable).toEqual([{ id: "op-x", problem }]);
    for (const use of [operations.get, operations.cancel]) {
      await expect(use("op-x")).rejects.toMatchObject({ code: "OPERATION_UNREADABLE", message: problem });
    }
  });

  it("puts back a record that was damaged while its operation runs", async () => {
    const operations = await startCoordinator("a");
    const { id } = await operations.deleteNamespace("words", "n");
    const before = await store.getOperation(id);
    await store.putOperation({ id, json: "{" }, before?.revision);
    namespace.allow(3);
    await waitFor(async () => (await store.getOperation(id))?.value.json !== "{", {
      what: "the record",
      timeoutMs: 5_000,
    });
    expect(await finished(operations, id)).toMatchObject({ state: "done", result: { deleted: 30 } });
  });

  it("lists finished operations that cannot be read", async () => {
    const operations = await startCoordinator("a", {
      finished: {
        get: async () => "{}",
        list: async () => [{ id: "old", json: "{}" }],
      } as unknown as FinishedOperations,
    });
    expect((await operations.list()).operations).toEqual([]);
    expect((await operations.list()).unreadable).toMatchObject([{ id: "old" }]);
    expect((await operations.list({ unfinished: true })).unreadable).toEqual([]);
    await expect(operations.get("old")).rejects.toMatchObject({ code: "OPERATION_UNREADABLE" });
  });

  it("lists unfinished operations without reading the finished ones", async () => {
    const operations = await startCoordinator("a", {
      finished: {
        get: async () => undefined,
        list: () => Promise.reject(new Error("they must not be read")),
        add: async () => {},
      } as unknown as FinishedOperations,
    });
    await operations.createCollection(SPEC);
    const { id } = await operations.deleteNamespace("words", "n");
    expect((await operations.list({ unfinished: true })).operations.map((operation) => operation.id)).toEqual(
      [id],
    );
    namespace.allow(3);
    await finished(operations, id);
  });

  /** What an engine keeps of operations that have ended. */
  class Kept {
    readonly records = new Map<string, Operation>();
    reachable = true;
    /** States in the store when an end was added. */
    readonly storedAtEnd: string[] = [];
    readonly get = async (id: string) => {
      this.#check();
      const record = this.records.get(id);
      return record && JSON.stringify(record);
    };
    readonly add = async ({ id, json }: { readonly id: string; readonly json: string }) => {
      this.#check();
      this.storedAtEnd.push(...(await recorded()).map(({ state }) => state));
      this.records.set(id, JSON.parse(json));
    };
    readonly list = async () => [];
    readonly count = async () => [];
    readonly deleteBefore = async () => {};
    #check() {
      if (!this.reachable) throw new OrreryError("NODE_UNAVAILABLE", "the coordinator node is away");
    }
  }

  it("says that an operation has ended only when PostgreSQL has the end", async () => {
    const kept = new Kept();
    const operations = await startCoordinator("a", { finished: kept });
    const { id } = await operations.deleteNamespace("words", "n");
    kept.reachable = false;
    namespace.allow(3);
    await waitFor(() => namespace.deleted === 30, { what: "the work to be done" });
    kept.reachable = true;
    const ended = await finished(operations, id);
    expect(kept.storedAtEnd).toEqual(["running"]);
    expect(kept.records.get(id)).toEqual(ended);
  });

  it("shows that an operation has failed although PostgreSQL does not take the end", async () => {
    const kept = new Kept();
    kept.reachable = false;
    const operations = await startCoordinator("a", { finished: kept });
    engine.createCollection = () => Promise.reject(new OrreryError("STATEMENT_FAILED", "no disk space"));
    const { id } = await operations.createCollection(SPEC);
    expect(await finished(operations, id)).toMatchObject({ state: "failed" });
  });

  it.each(["its coordinator is gone", "its coordinator lives"])(
    "does not run an operation that has ended, though its record says running, when %s",
    async (coordinator) => {
      const kept = new Kept();
      const operations = await startCoordinator("a", { finished: kept });
      const other = await startCoordinator("b", { finished: kept });
      const { id } = await other.deleteNamespace("words", "n");
      const [old] = await recorded();
      namespace.allow(3);
      const ended = await finished(other, id);
      if (coordinator === "its coordinator is gone") await other.crash();
      // A snapshot of the store from before the end, and records written since.
      await store.deleteOperation(id);
      await store.putOperation({ id, json: JSON.stringify(old) }, undefined);
      namespace.deleted = 0;
      namespace.allow(3);

      kept.reachable = false;
      await expect(operations.adoptOrphans()).rejects.toMatchObject({ code: "NODE_UNAVAILABLE" });
      expect(await recorded()).toEqual([old]);
      kept.reachable = true;
      await operations.adoptOrphans();
      expect(await recorded()).toEqual([ended]);
      expect(namespace.deleted).toBe(0);
    },
  );

  it("does not run an operation whose record is older than what PostgreSQL remembers", async () => {
    const operations = await startCoordinator("a", { finished: new Kept() });
    const other = await startCoordinator("b");
    const { id } = await other.deleteNamespace("words", "n");
    await other.crash();
    now = 31 * DAY_MS;
    await operations.adoptOrphans();
    expect((await recorded()).find((record) => record.id === id)).toMatchObject({ state: "failed" });
  });

  it("lists the newest operation first", async () => {
    const operations = await startCoordinator("a");
    for (const name of ["b1", "b2", "b3"]) {
      now += 1;
      await operations.createCollection({ ...SPEC, name });
    }
    const names = (await operations.list()).operations.map((operation) => operation.arguments.collection);
    expect(names).toEqual(["b3", "b2", "b1"]);
  });
});
