/** The catalogs of the cluster, asked of one node after another until one answers. */
import { OrreryError } from "../../errors.ts";
import { withTimeLimit } from "../../lib/time-limit.ts";
import { type NodeDriver, type NodeRunner, rowsOrThrow } from "../../shards/node-driver.ts";
import type { Row, Statement } from "../../shards/statement.ts";
import type { GroupId } from "../../topology/shard-map.ts";
import { decodeCatalog, READ_CATALOG } from "../catalog.ts";
import type { Engine } from "../engine.ts";

/** How long one node may take to send its catalogs before the next is asked. */
const READ_CATALOG_MS = 3_000;

export interface CatalogSources {
  /** The Citus coordinator node by its configured URL, whatever the map says. */
  readonly coordinatorNode: NodeDriver;
  /** The nodes of the present map. */
  readonly nodes: NodeRunner;
  /**
   * Groups of the present map that may be asked for the catalogs when the coordinator node does not answer.
   */
  readonly metadataGroups: () => readonly GroupId[];
}

/** As Engine.readMap. */
export function createMapReader(sources: CatalogSources): Engine["readMap"] {
  return async ({ signal, from }) => {
    let last: unknown;
    for (const ask of inOrder(sources, from)) {
      const limit = withTimeLimit(
        signal,
        READ_CATALOG_MS,
        () => new OrreryError("NODE_UNAVAILABLE", "no catalogs in time"),
      );
      try {
        return decodeCatalog(await ask(READ_CATALOG, limit.signal));
      } catch (error) {
        signal.throwIfAborted();
        last = error;
      } finally {
        limit.clear();
      }
    }
    const reason = last instanceof Error ? last.message : String(last);
    throw new OrreryError("MAP_UNAVAILABLE", `no node sends its catalogs: ${reason}`, { cause: last });
  };
}

type Ask = (statement: Statement, signal: AbortSignal) => Promise<readonly Row[]>;

/**
 * The node that refused knows most about what it refused; the coordinator node is where moves are decided.
 */
function inOrder(
  { coordinatorNode, nodes, metadataGroups }: CatalogSources,
  from: GroupId | undefined,
): readonly Ask[] {
  const group =
    (id: GroupId): Ask =>
    async (statement, signal) =>
      rowsOrThrow(await nodes.runOn(id, statement, { signal }));
  const others = metadataGroups().filter((id) => id !== from);
  return [
    ...(from === undefined ? [] : [group(from)]),
    async (statement, signal) => rowsOrThrow(await coordinatorNode.run(statement, { signal })),
    ...others.map(group),
  ];
}
