/** A node that is to be removed and may not answer: whether it does, and what would be lost with it. */
import type { PlacementChanges } from "../../engines/placement-changes.ts";
import { isOrreryError } from "../../errors.ts";
import type { CandidateFacts } from "../../servers/server-facts.ts";
import type { Catalog, GroupId } from "../../topology/shard-map.ts";

/** The server's facts, or why it does not answer. Throws what reading them fails with otherwise. */
export async function reach(
  changes: Pick<PlacementChanges, "serverFacts">,
  node: string,
  signal: AbortSignal,
): Promise<{ readonly facts: CandidateFacts } | { readonly silence: string }> {
  try {
    return { facts: await changes.serverFacts(node, signal) };
  } catch (error) {
    if (!isOrreryError(error, "NODE_UNAVAILABLE")) throw error;
    return { silence: error.message };
  }
}

export interface HeldShards {
  readonly collection: string;
  /** Ids. */
  readonly shards: readonly number[];
  /** Shards of the collection on all nodes. */
  readonly of: number;
}

/** The shards of a node group by collection; collections without any there are left out. Pure. */
export function shardsOn({ collections }: Catalog, group: GroupId): readonly HeldShards[] {
  return collections
    .map(({ name, shards }) => ({
      collection: name,
      shards: shards.filter((shard) => shard.group === group).map(({ id }) => id),
      of: shards.length,
    }))
    .filter(({ shards }) => shards.length > 0);
}

const MAX_NAMED = 10;

/** Why a node that is lost with its shards is not removed, and what to do instead. Pure. */
export function whatIsLost(
  node: string,
  {
    held,
    standby,
  }: { readonly held: readonly HeldShards[]; readonly standby: { readonly name: string } | undefined },
): string {
  const named = held.map(({ collection, shards, of }) => {
    const more = shards.length > MAX_NAMED ? ` and ${shards.length - MAX_NAMED} more` : "";
    return `${shards.length} of the ${of} shards of ${collection} (${shards.slice(0, MAX_NAMED).join(", ")}${more})`;
  });
  const what = named.length === 0 ? "shards of tables that are not Orrery's" : named.join(", ");
  return standby === undefined
    ? `${node} cannot be reached and has the only copy of ${what}: every record in them would be lost, so it is not removed, not even by force. Start it again, or restore it from a backup; docs/runbooks/node-down.md says how, and how to give the records up`
    : `${node} cannot be reached and holds ${what}, so it is not removed, not even by force. Its standby ${standby.name} has a copy: promote that, and give it the place of ${node} as docs/runbooks/node-down.md says`;
}
