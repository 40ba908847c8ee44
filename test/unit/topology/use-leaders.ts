/** Leaders for the tests of a file, over a store and an engine that are new for each test. */
import { afterEach, beforeEach } from "vitest";
import type { Leading } from "../../../src/coordinator/start-leading.ts";
import { EMPTY_MAP, type ShardMap } from "../../../src/topology/shard-map.ts";
import { waitFor } from "../../support/wait-for.ts";
import { leadWith } from "./lead-with.ts";
import { MemoryEngine } from "./memory-engine.ts";
import { createUnreliableStore } from "./unreliable-store.ts";

interface Started {
  readonly id?: string;
  readonly publishIntervalMs?: number;
  /** The map that the coordinator serves. */
  readonly served?: ShardMap;
}

/** What is started is closed after the test. */
export function useLeaders() {
  let store = createUnreliableStore();
  let engine = new MemoryEngine();
  const started: Leading[] = [];
  beforeEach(() => {
    store = createUnreliableStore();
    engine = new MemoryEngine();
  });
  afterEach(() => Promise.all(started.splice(0).map((leading) => leading.close())));

  return {
    get store() {
      return store;
    },
    get engine() {
      return engine;
    },
    start({ id = "a", publishIntervalMs = 10, served = EMPTY_MAP }: Started = {}): Leading {
      const leading = leadWith({ store, engine, map: { current: () => served }, id, publishIntervalMs });
      started.push(leading);
      return leading;
    },
    /** Resolves with the map of this epoch once it is in the store. */
    published(epoch: number): Promise<ShardMap> {
      const load = async () => {
        const stored = await store.load();
        return stored?.value.epoch === epoch && stored.value;
      };
      return waitFor(load, { what: `epoch ${epoch}` });
    },
  };
}
