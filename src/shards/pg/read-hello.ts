/** What a server reports about itself on a new connection. */
import type { PoolClient, QueryConfig } from "pg";
import { OrreryError } from "../../errors.ts";
import type { Hello } from "../node-driver.ts";
import { fromPgError } from "../pg-errors.ts";

const HELLO = "SELECT cluster_id, group_id, in_recovery, schema_version FROM orrery.hello()";

/** Throws OrreryError: NODE_NOT_MIGRATED where the function, or what it reads, is missing. */
export async function readHello(
  client: PoolClient,
  { node, timeoutMs }: { readonly node: string; readonly timeoutMs: number },
): Promise<Hello> {
  const query: QueryConfig & { query_timeout: number } = { text: HELLO, query_timeout: timeoutMs };
  const { rows } = await client.query(query).catch((error: unknown) => {
    throw helloError(error, node);
  });
  const { cluster_id, group_id, in_recovery, schema_version } = rows[0] ?? {};
  return {
    clusterId: String(cluster_id),
    group: Number(group_id),
    inRecovery: in_recovery === true,
    schemaVersion: Number(schema_version),
  };
}

/** A table that `hello` reads and the node lacks is not a shard that moved. */
function helloError(error: unknown, node: string): OrreryError {
  const known = fromPgError(error, { node, write: false, sent: false, text: HELLO });
  if (known.code !== "SHARD_MOVING") return known;
  return new OrreryError("NODE_NOT_MIGRATED", `${known.message}: run \`orrery migrate\``, {
    cause: error,
    details: { metadata: { node } },
  });
}
