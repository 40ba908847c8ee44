import { describe, expect, it } from "vitest";
import { startPresence } from "../../../src/topology/presence.ts";
import { startMapWatcher } from "../../../src/topology/watcher.ts";
import { noopLogger } from "../../contract/noop-logger.ts";
import { sampleMap } from "../../contract/sample-map.ts";
import { waitFor } from "../../support/wait-for.ts";
import { MemoryEngine } from "./memory-engine.ts";
import { createUnreliableStore } from "./unreliable-store.ts";

const LONG_MS = 600_000;

describe("presence", () => {
  it("announces this coordinator with the epoch it serves, at once after each change, until closed", async () => {
    const store = createUnreliableStore();
    await store.put(sampleMap(3));
    const map = await startMapWatcher({
      store,
      readCatalog: (options) => new MemoryEngine().readMap(options),
      reconcileIntervalMs: LONG_MS,
      rebuildIntervalMs: LONG_MS,
      logger: noopLogger,
      monotonicMs: () => 0,
    });
    const self = { id: "a", address: "host:1", version: "1.0.0" };
    const presence = await startPresence({ store, map, self });
    expect(await store.coordinators()).toEqual([{ ...self, epoch: 3 }]);
    await store.put(sampleMap(4));
    await waitFor(() => map.current().epoch === 4, { what: "epoch 4" });
    expect(await store.coordinators()).toEqual([{ ...self, epoch: 4 }]);
    await presence.close();
    expect(await store.coordinators()).toEqual([]);
    await map.close();
  });
});
