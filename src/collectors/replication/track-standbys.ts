/** Standbys of one node group over time: one that was seen and is gone is reported, not forgotten. */
import { LagHistory } from "./lag-history.ts";
import type { ConnectedStandby, ReplicationState } from "./replication-statement.ts";

export interface StandbyLag {
  /** Its slot, its application_name, or its address. */
  readonly replica: string;
  /** False: it was connected once, or its slot waits for it, and it is not. */
  readonly connected: boolean;
  readonly syncState: string | undefined;
  /** undefined when nothing is known of what it has. */
  readonly lagBytes: number | undefined;
  readonly lagSeconds: number | undefined;
}

interface Seen {
  replayed: number | undefined;
  seenMs: number;
}

/** Names that a standby has by default and that tell none from another. */
const NAMELESS = new Set(["", "walreceiver"]);

export class StandbyTracker {
  readonly #forgetAfterMs: number;
  readonly #history = new LagHistory();
  readonly #seen = new Map<string, Seen>();

  /** `forgetAfterMs`: how long one without a slot is reported after it was last connected. */
  constructor({ forgetAfterMs }: { readonly forgetAfterMs: number }) {
    this.#forgetAfterMs = forgetAfterMs;
  }

  /** `nowMs` is monotonic and this process's own. */
  track({ position, standbys, slots }: ReplicationState, nowMs: number): readonly StandbyLag[] {
    this.#history.look(position, nowMs);
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
    // Without this the lag of an idle primary's standby would grow, having nothing to replay.
    if (replayed >= position) return 0;
    return Math.max(this.#history.secondsBehind(replayed, nowMs), standby?.replaySeconds ?? 0);
  }
}

/** Standbys that would have the same name are told apart by address, then by their order. */
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
