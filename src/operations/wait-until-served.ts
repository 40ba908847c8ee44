/** The end of a change of the map: published, and served by every live coordinator. */
import { isOrreryError } from "../errors.ts";
import { pause } from "../lib/pause.ts";
import type { CurrentMap } from "../topology/current-map.ts";
import type { MapStore } from "../topology/map-store.ts";
import type { ShardMap } from "../topology/shard-map.ts";

const LIMIT_MS = 10_000;
const POLL_INTERVAL_MS = 100;

export interface ServedDeps {
  readonly store: MapStore;
  readonly map: Pick<CurrentMap, "current">;
  /** Publishes at once on the leader; does nothing elsewhere. */
  readonly publishNow: () => Promise<void>;
}

/**
 * Waits until a map for which `holds` is published and served by this and all live coordinators, ten seconds
 * at most. Returns a message for people, empty when all serve it. Throws the signal's reason.
 */
export async function waitUntilServed(
  { store, map, publishNow }: ServedDeps,
  holds: (map: ShardMap) => boolean,
  signal: AbortSignal,
): Promise<string> {
  const deadline = performance.now() + LIMIT_MS;
  let epoch: number | undefined;
  let lagging: readonly string[] = [];
  await publishNow();
  for (;;) {
    signal.throwIfAborted();
    try {
      epoch ??= await epochWhere(store, holds);
      if (epoch !== undefined) {
        lagging = await servingLessThan(epoch, store, map);
        if (lagging.length === 0) return "";
      }
    } catch (error) {
      if (!isOrreryError(error, "STORE_UNAVAILABLE")) throw error;
    }
    if (performance.now() > deadline) break;
    await pause(POLL_INTERVAL_MS, signal);
  }
  return epoch === undefined
    ? "the leader has not published the change yet"
    : `not served yet by ${lagging.join(", ")}`;
}

/** Waits as `waitUntilServed` until a node is in the map, or is not. `node`: its name. */
export function nodeServed(
  deps: ServedDeps,
  { node: name, isThere }: { readonly node: string; readonly isThere: boolean },
  signal: AbortSignal,
): Promise<string> {
  return waitUntilServed(deps, ({ nodes }) => nodes.some((node) => node.name === name) === isThere, signal);
}

async function epochWhere(store: MapStore, holds: (map: ShardMap) => boolean): Promise<number | undefined> {
  const stored = await store.load();
  return stored !== undefined && holds(stored.value) ? stored.value.epoch : undefined;
}

async function servingLessThan(
  epoch: number,
  store: MapStore,
  map: Pick<CurrentMap, "current">,
): Promise<readonly string[]> {
  const others = (await store.coordinators()).filter((coordinator) => coordinator.epoch < epoch);
  const names = others.map(({ id, address }) => `${id} (${address})`);
  return names.length === 0 && map.current().epoch < epoch ? ["this coordinator"] : names;
}
