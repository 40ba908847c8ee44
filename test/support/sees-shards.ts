/** Sessions that see the tables of shards, which Citus hides from others. */
import pg from "pg";
import type { PostgresServer } from "./postgres-server.ts";

const SEES_SHARDS = `?options=${encodeURIComponent("-c citus.override_table_visibility=off")}`;

export async function seesShards<T>(
  server: PostgresServer,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: seesShards.url(server) });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

seesShards.url = ({ adminUrl }: PostgresServer): string => `${adminUrl}${SEES_SHARDS}`;
