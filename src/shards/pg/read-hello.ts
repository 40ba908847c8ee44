/** What a server reports about itself on a new connection. */
import type { PoolClient, QueryConfig } from "pg";
import { OrreryError } from "../../errors.ts";
import type { Hello } from "../node-driver.ts";
import { fromPgError } from "../pg-errors.ts";

const PID = "SELECT pg_backend_pid() AS pid";
const HELLO = "SELECT cluster_id, group_id, in_recovery, schema_version FROM orrery.hello()";

interface HelloLimits {
  readonly node: string;
  readonly timeoutMs: number;
}

/** The number of the session's process, as the server itself has it. Errors as NodeDriver.run. */
export async function readPid(client: PoolClient, limits: HelloLimits): Promise<number> {
  return Number((await ask(client, PID, limits))?.pid);
}

/** Throws OrreryError: NODE_NOT_MIGRATED where the function, or what it reads, is missing. */
export async function readHello(client: PoolClient, limits: HelloLimits): Promise<Hello> {
  const { cluster_id, group_id, in_recovery, schema_version } = (await ask(client, HELLO, limits)) ?? {};
  return {
    clusterId: String(cluster_id),
    group: Number(group_id),
    inRecovery: in_recovery === true,
    schemaVersion: Number(schema_version),
  };
}

async function ask(client: PoolClient, text: string, { node, timeoutMs }: HelloLimits) {
  const query: QueryConfig & { query_timeout: number } = { text, query_timeout: timeoutMs };
  const { rows } = await client.query(query).catch((error: unknown) => {
    throw helloError(error, { node, text });
  });
  return rows[0];
}

/** A table that `hello` reads and the node lacks is not a shard that moved. */
function helloError(
  error: unknown,
  { node, text }: { readonly node: string; readonly text: string },
): OrreryError {
  const known = fromPgError(error, { node, write: false, sent: false, text });
  if (known.code !== "SHARD_MOVING") return known;
  return new OrreryError("NODE_NOT_MIGRATED", `${known.message}: run \`orrery migrate\``, {
    cause: error,
    details: { metadata: { node } },
  });
}
