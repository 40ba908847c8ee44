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
 * left, which is the one that has made the least progress.
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
  for (const { holders: ofOwner } of owners.values()) ofOwner.sort(mostPatientFirst);
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

/** Not by a difference: of two infinities that is no number. */
function mostPatientFirst(one: Holder, other: Holder): number {
  if (one.patienceMs === other.patienceMs) return 0;
  return one.patienceMs > other.patienceMs ? -1 : 1;
}
