/** Sessions for what needs several statements in one transaction: migrations and changes of collections. */
import { Client } from "pg";
import { fromPgError } from "./pg-errors.ts";

/** Rows by column name, values as PostgreSQL's text. */
export type AdminQuery = (
  text: string,
  values?: readonly unknown[],
) => Promise<readonly Record<string, unknown>[]>;

export interface AdminOptions {
  /** For messages. */
  readonly node: string;
  readonly url: string;
  readonly connectTimeoutMs: number;
  /** As pg_stat_activity shows the session. */
  readonly applicationName?: string;
}

/**
 * Runs `use` on a connection of its own and closes it. Abort: the connection is closed; the server rolls an open
 * transaction back, and goes on with a statement under way until it has something to say.
 * Throws OrreryError as NodeDriver.run, or the signal's reason.
 */
export async function withAdminSession<T>(
  { node, url, connectTimeoutMs, applicationName = "orrery-admin" }: AdminOptions,
  signal: AbortSignal,
  use: (query: AdminQuery) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const client = new Client({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
  });
  // A lost connection fails the statement under way; the event would end the process.
  client.on("error", () => {});
  const onAbort = () => void client.end().catch(() => {});
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await client.connect();
    return await use(async (text, values = []) => (await client.query(text, [...values])).rows);
  } catch (error) {
    signal.throwIfAborted();
    throw fromPgError(error, { node, write: false, sent: false });
  } finally {
    signal.removeEventListener("abort", onAbort);
    await client.end().catch(() => {});
  }
}

/** Runs `use` inside one transaction of a session: committed when it returns, rolled back when it throws. */
export function withAdminTransaction<T>(
  options: AdminOptions,
  signal: AbortSignal,
  use: (query: AdminQuery) => Promise<T>,
): Promise<T> {
  return withAdminSession(options, signal, async (query) => {
    await query("BEGIN");
    const result = await use(query);
    await query("COMMIT");
    return result;
  });
}
