/** Who gives up what it holds, when all together hold too much. */

export interface Holder {
  /** Whom it is held for. */
  readonly owner: string;
  readonly heldBytes: number;
  /** How long it may still wait; Infinity where nothing is waited for. */
  readonly patienceMs: number;
}

interface Owner<H> {
  heldBytes: number;
  readonly holders: H[];
}

/**
 * Holders that free at least `bytes` between them, all if they must. Each is one of the owner that holds the
 * most then, so that nobody pays for what another one holds; of this owner's, the one with the least patience
 * left, which is the one that has made the least progress. Of those with about as much of it the one that
 * holds most: behind a proxy all clients are one owner, and a small request would be refused for little.
 */
export function chooseVictims<H extends Holder>(holders: Iterable<H>, bytes: number): readonly H[] {
  const owners = new Map<string, Owner<H>>();
  for (const holder of holders) {
    if (holder.heldBytes === 0) continue;
    const of = owners.get(holder.owner) ?? { heldBytes: 0, holders: [] };
    of.heldBytes += holder.heldBytes;
    of.holders.push(holder);
    owners.set(holder.owner, of);
  }
  for (const { holders: ofOwner } of owners.values()) ofOwner.sort(lastToGoFirst);
  const victims: H[] = [];
  for (let freed = 0; freed < bytes; ) {
    let heaviest: Owner<H> | undefined;
    for (const of of owners.values()) {
      if (of.heldBytes > (heaviest?.heldBytes ?? 0)) heaviest = of;
    }
    const victim = heaviest?.holders.pop();
    if (heaviest === undefined || victim === undefined) break;
    heaviest.heldBytes -= victim.heldBytes;
    freed += victim.heldBytes;
    victims.push(victim);
  }
  return victims;
}

/** Less of a difference says only when the process had time to look. */
const PATIENCE_STEP_MS = 5_000;

function lastToGoFirst(one: Holder, other: Holder): number {
  const steps = descending(stepsOf(one), stepsOf(other));
  return steps || one.heldBytes - other.heldBytes || descending(one.patienceMs, other.patienceMs);
}

/** Rounded, as most have just all of it, give or take the last bit of a difference of times. */
const stepsOf = ({ patienceMs }: Holder) => Math.round(patienceMs / PATIENCE_STEP_MS);

/** Not by a difference: of two infinities that is no number. */
function descending(one: number, other: number): number {
  if (one === other) return 0;
  return one > other ? -1 : 1;
}
