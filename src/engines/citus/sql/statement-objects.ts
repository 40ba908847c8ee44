/** What the statement on a session has begun, as the Citus coordinator node notes it. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";

/** What Citus makes on a node for one change; it drops each by its name. */
export interface StatementObjects {
  /** Tables of shards, with schema, quoted where they must be. */
  readonly tables: readonly string[];
  readonly subscriptions: readonly string[];
  readonly slots: readonly string[];
}

export const NO_OBJECTS: StatementObjects = { tables: [], subscriptions: [], slots: [] };

const PROCESS =
  "SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND state <> 'idle' ORDER BY pid LIMIT 1";

/** Citus's numbers for the kinds of what it notes. */
const KINDS: Readonly<Record<string, keyof StatementObjects>> = {
  1: "tables",
  2: "subscriptions",
  3: "slots",
};

/** A change holds a lock (objsubid 10) on the number under which it notes what it makes. */
const OBJECTS = `SELECT concat(n.nodename, ':', n.nodeport) AS node, c.object_type AS kind, c.object_name AS name
FROM pg_dist_cleanup c JOIN pg_dist_node n ON n.groupid = c.node_group_id AND n.noderole = 'primary'
WHERE c.operation_id IN (
  SELECT classid::bigint << 32 | objid::bigint FROM pg_locks
  WHERE pid = $1 AND locktype = 'advisory' AND objsubid = 10 AND granted)
ORDER BY c.record_id`;

/** Process of the Citus coordinator node that runs a statement on a session of this name. */
export async function findProcess(query: AdminQuery, session: string): Promise<number | undefined> {
  const [row] = await query(PROCESS, [session]);
  return row === undefined ? undefined : Number(row.pid);
}

/** By node, as `host:port`. */
export async function readObjects(
  query: AdminQuery,
  process: number,
): Promise<ReadonlyMap<string, StatementObjects>> {
  const byNode = new Map<string, StatementObjects>();
  for (const { node, kind, name } of await query(OBJECTS, [process])) {
    const list = KINDS[String(kind)];
    if (list === undefined) continue;
    const known = byNode.get(String(node)) ?? NO_OBJECTS;
    byNode.set(String(node), { ...known, [list]: [...known[list], String(name)] });
  }
  return byNode;
}
