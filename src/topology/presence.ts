/** Announces this coordinator to the others: that it is alive, which epoch it serves, how busy it is. */
import { isDeepStrictEqual } from "node:util";
import type { CoordinatorInfo, LoadReport, MapStore } from "./map-store.ts";
import type { MapWatcher } from "./watcher.ts";

/** Announces until closed; each new epoch is announced at once, the load every `reportIntervalMs`. */
export async function startPresence({
  store,
  map,
  self,
  report = () => ({}),
  reportIntervalMs = 10_000,
}: {
  readonly store: MapStore;
  readonly map: Pick<MapWatcher, "current" | "onChange">;
  readonly self: Omit<CoordinatorInfo, "epoch" | keyof LoadReport>;
  /** Called every `reportIntervalMs`. */
  readonly report?: () => LoadReport;
  readonly reportIntervalMs?: number;
}): Promise<{ close(): Promise<void> }> {
  let { epoch } = map.current();
  const announcement = await store.announce({ ...self, epoch });
  let reported: LoadReport = {};
  const announceEpoch = () => {
    if (map.current().epoch === epoch) return;
    epoch = map.current().epoch;
    void announcement.update({ ...self, epoch, ...reported });
  };
  const reporting = setInterval(() => {
    const next = report();
    if (isDeepStrictEqual(next, reported)) return;
    reported = next;
    void announcement.update({ ...self, epoch, ...reported });
  }, reportIntervalMs);
  const stop = map.onChange(announceEpoch);
  announceEpoch();
  return {
    async close() {
      clearInterval(reporting);
      stop();
      await announcement.close();
    },
  };
}
