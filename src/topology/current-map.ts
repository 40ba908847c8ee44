/** What requests know of the topology: one value in memory, and a way to read a newer one. */
import type { Cancellation } from "../lib/cancellation.ts";
import type { GroupId, ShardMap } from "./shard-map.ts";

export interface CurrentMap {
  /** The newest map this process knows; EMPTY_MAP before the first. Never waits. */
  current(): ShardMap;
  /**
   * Reads the catalogs (asking `from` first) and serves the result as an overlay until a newer map is
   * published. Single-flight. Throws MAP_UNAVAILABLE.
   */
  refresh(options: { readonly signal: Cancellation; readonly from?: GroupId }): Promise<ShardMap>;
  /**
   * The same, but at most once a second over all callers: in between it returns the current map. For requests
   * that name what the map does not have, so that a client's typing errors do not become catalog reads.
   */
  refreshRarely(signal: Cancellation): Promise<ShardMap>;
}
