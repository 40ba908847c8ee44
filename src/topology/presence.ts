/** Tells the other coordinators that this one lives, and from which epoch on it serves. */
import type { CoordinatorInfo, MapStore } from "./map-store.ts";
import type { MapWatcher } from "./watcher.ts";

/** Announces until closed; each new epoch is announced at once. */
export async function startPresence({
  store,
  map,
  self,
}: {
  readonly store: MapStore;
  readonly map: Pick<MapWatcher, "current" | "onChange">;
  readonly self: Omit<CoordinatorInfo, "epoch">;
}): Promise<{ close(): Promise<void> }> {
  let { epoch } = map.current();
  const announcement = await store.announce({ ...self, epoch });
  const announceEpoch = () => {
    if (map.current().epoch === epoch) return;
    epoch = map.current().epoch;
    void announcement.update({ ...self, epoch });
  };
  const stop = map.onChange(announceEpoch);
  announceEpoch();
  return {
    async close() {
      stop();
      await announcement.close();
    },
  };
}
