/** What a PostgreSQL server says of itself before it becomes a node. */
import { optionalText, readClock, readServer } from "../../../servers/read-server.ts";
import type { CandidateFacts } from "../../../servers/server-facts.ts";
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";

const RIGHTS = `SELECT current_setting('default_transaction_read_only') = 'on' AS read_only,
  (SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()) AS owns_database,
  (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
  to_regclass('orrery.cluster') IS NOT NULL AS is_migrated`;

/** Where Citus is installed. */
const MEMBERSHIP =
  "SELECT (SELECT count(*) FROM pg_dist_partition) AS tables, (SELECT groupid FROM pg_dist_local_group) AS group";

/** `clockMs`: what the clock of the Citus coordinator node says at this moment, milliseconds since 1970. */
export async function readCandidate(query: AdminQuery, clockMs: () => number): Promise<CandidateFacts> {
  const clock = await readClock(query, clockMs);
  const server = await readServer(query);
  const [rights] = await query(RIGHTS);
  const [member] = server.citus === undefined ? [] : await query(MEMBERSHIP);
  const [cluster] = rights?.is_migrated === true ? await query("SELECT id FROM orrery.cluster") : [];
  return {
    ...server,
    clock,
    readOnly: rights?.read_only === true,
    ownsDatabase: rights?.owns_database === true,
    superuser: rights?.superuser === true,
    tables: Number(member?.tables ?? 0),
    clusterId: optionalText(cluster?.id),
    group: member === undefined ? undefined : Number(member.group),
  };
}
