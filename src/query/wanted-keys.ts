/** Records by key, grouped as targets ask for them. */
import { shardKeyOf } from "../topology/ring.ts";
import type { Target } from "./plan/target.ts";
import type { RecordRef } from "./types.ts";

export class WantedKeys {
  readonly #byShardKey = new Map<string, string[]>();

  constructor(records: readonly RecordRef[]) {
    for (const { namespace, key } of records) {
      const shardKey = shardKeyOf(namespace);
      const keys = this.#byShardKey.get(shardKey);
      if (keys === undefined) this.#byShardKey.set(shardKey, [key]);
      else keys.push(key);
    }
  }

  get shardKeys(): readonly string[] {
    return [...this.#byShardKey.keys()];
  }

  /** Shard key and key of each record that is in the target. */
  of({ shardKeys }: Target): readonly (readonly [shardKey: string, key: string])[] {
    if (shardKeys === "all") return [];
    return shardKeys.flatMap((shardKey) =>
      (this.#byShardKey.get(shardKey) ?? []).map((key) => [shardKey, key] as const),
    );
  }
}

/** Names a record among others; no name holds a control character. */
export function recordName({ namespace, key }: RecordRef): string {
  return `${namespace}\u001f${key}`;
}
