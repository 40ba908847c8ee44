/** A memory store that the test can make unreachable, wipe and rewrite. */
import { OrreryError } from "../../../src/errors.ts";
import type { MapStore } from "../../../src/topology/map-store.ts";
import { createMemoryStore } from "../../../src/topology/memory-store.ts";
import type { ShardMap } from "../../../src/topology/shard-map.ts";

export interface UnreliableStore extends MapStore {
  /**
   * While false, every call fails with STORE_UNAVAILABLE; setting it back hints at a change, as a new watch
   * does.
   */
  reachable: boolean;
  /** Publishes as somebody else. */
  put(map: ShardMap): Promise<void>;
  /** Loses everything, the leadership too. */
  wipe(): Promise<void>;
}

export function createUnreliableStore(): UnreliableStore {
  let inner = createMemoryStore();
  let reachable = true;
  const watches = new Set<() => void>();
  const guarded = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      if (!reachable) throw new OrreryError("STORE_UNAVAILABLE", "the store does not answer");
      return call(...args);
    };
  };
  const hint = () => {
    for (const watch of watches) watch();
  };
  return {
    kind: "memory",
    get reachable() {
      return reachable;
    },
    set reachable(value) {
      reachable = value;
      if (value) hint();
    },
    load: guarded(() => inner.load()),
    publish: guarded(async (map, options) => {
      const revision = await inner.publish(map, options);
      hint();
      return revision;
    }),
    async watch(onHint) {
      watches.add(onHint);
      return {
        async close() {
          watches.delete(onHint);
        },
      };
    },
    campaign: (id, signal) => inner.campaign(id, signal),
    announce: guarded((info) => inner.announce(info)),
    coordinators: guarded(() => inner.coordinators()),
    putOperation: guarded((entry, expected, leadership) => inner.putOperation(entry, expected, leadership)),
    getOperation: guarded((id) => inner.getOperation(id)),
    getOperationHead: guarded((id) => inner.getOperationHead(id)),
    listOperations: guarded(() => inner.listOperations()),
    deleteOperation: guarded((id, options) => inner.deleteOperation(id, options)),
    close: () => inner.close(),

    async put(map) {
      const leadership = await inner.campaign("somebody", new AbortController().signal);
      const expected = (await inner.load())?.revision;
      await inner.publish(map, { leadership, expected });
      await leadership.resign();
      hint();
    },
    async wipe() {
      const old = inner;
      inner = createMemoryStore();
      await old.close();
      hint();
    },
  };
}
