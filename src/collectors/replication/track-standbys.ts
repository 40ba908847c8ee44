/** The standbys of one node group across samples: one that has disappeared is reported, not forgotten. */
import { LagHistory } from "./lag-history.ts";
import type { ConnectedStandby, ReplicationState } from "./replication-statement.ts";

export interface StandbyLag {
  /** Its slot, its application_name, or its address. */
  readonly replica: string;
  /** False: it was connected before, or has a slot, but is not connected now. */
  readonly connected: boolean;
  readonly syncState: string | undefined;
  /** undefined when its position is unknown. */
  readonly lagBytes: number | undefined;
  readonly lagSeconds: number | undefined;
}

interface Seen {
  replayed: number | undefined;
  seenMs: number;
}

/** Names that standbys have by default, so they identify none. */
const NAMELESS = new Set(["", "walreceiver"]);

export class StandbyTracker {
  readonly #forgetAfterMs: number;
  readonly #history = new LagHistory();
  readonly #seen = new Map<string, Seen>();

  /** `forgetAfterMs`: how long a standby without a slot is reported after it was last connected. */
  constructor({ forgetAfterMs }: { readonly forgetAfterMs: number }) {
    this.#forgetAfterMs = forgetAfterMs;
  }

  /** `nowMs`: monotonic milliseconds of this process. */
  track({ position, standbys, slots }: ReplicationState, nowMs: number): readonly StandbyLag[] {
    this.#history.record(position, nowMs);
    const connected = new Map(nameAll(standbys));
    for (const [replica, { replayed }] of connected) {
      const before = this.#seen.get(replica)?.replayed;
      this.#seen.set(replica, { replayed: replayed ?? before, seenMs: nowMs });
    }
    const waiting = new Map(
      slots.flatMap(({ name, type, active, restart }) =>
        type === "physical" && !active ? [[name, restart] as const] : [],
      ),
    );
    for (const [replica, { seenMs }] of this.#seen) {
      const gone = !connected.has(replica) && !waiting.has(replica);
      if (gone && nowMs - seenMs > this.#forgetAfterMs) this.#seen.delete(replica);
    }
    return [...new Set([...this.#seen.keys(), ...waiting.keys()])].map((replica) => {
      const standby = connected.get(replica);
      const replayed = this.#seen.get(replica)?.replayed ?? waiting.get(replica) ?? undefined;
      return {
        replica,
        connected: standby !== undefined,
        syncState: standby?.syncState ?? undefined,
        lagBytes: replayed === undefined ? undefined : Math.max(0, position - replayed),
        lagSeconds: replayed === undefined ? undefined : this.#seconds(position, replayed, standby, nowMs),
      };
    });
  }

  #seconds(position: number, replayed: number, standby: ConnectedStandby | undefined, nowMs: number): number {
    // A standby of an idle primary has nothing to replay; without this its lag would grow.
    if (replayed >= position) return 0;
    return Math.max(this.#history.secondsBehind(replayed, nowMs), standby?.replaySeconds ?? 0);
  }
}

/** Standbys of the same name are distinguished by address, then by order. */
function nameAll(standbys: readonly ConnectedStandby[]): readonly (readonly [string, ConnectedStandby])[] {
  const names = standbys.map(({ slot, name, address }) =>
    slot !== null ? slot : NAMELESS.has(name) ? (address ?? "local") : name,
  );
  const taken = new Set<string>();
  return standbys.map((standby, at) => {
    const name = names[at] as string;
    const alone = names.filter((other) => other === name).length === 1;
    const wanted = alone || standby.slot !== null ? name : `${name}@${standby.address ?? "local"}`;
    let replica = wanted;
    for (let next = 2; taken.has(replica); next += 1) replica = `${wanted}#${next}`;
    taken.add(replica);
    return [replica, standby] as const;
  });
}
