/** Sessions for what needs several statements in one transaction: migrations and changes of collections. */
import { Client } from "pg";
import { fromPgError } from "../pg-errors.ts";
import { clientConfig } from "./client-config.ts";
import { GOODBYE_MS, hangUp } from "./hang-up.ts";
import { poolerRefusal, refusePooler } from "./refuse-pooler.ts";

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
 * The server ends a statement whose client is gone, and a transaction whose client is frozen: the locks of
 * both would block everything else.
 */
const SESSION_OPTIONS =
  "-c client_connection_check_interval=1000 -c idle_in_transaction_session_timeout=15000";

/**
 * Runs `use` on a new connection and closes it. Abort: the connection is closed at once; the server
 * rolls an open transaction back and ends a statement under way within a second or so, unless
 * `client_connection_check_interval` was set to 0. Throws OrreryError as NodeDriver.run, or the signal's
 * reason.
 */
export async function withAdminSession<T>(
  { node, url, connectTimeoutMs, applicationName = "orrery-admin" }: AdminOptions,
  signal: AbortSignal,
  use: (query: AdminQuery) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const client = new Client(
    clientConfig(url, { applicationName, options: SESSION_OPTIONS, connectTimeoutMs }),
  );
  // A lost connection fails the statement under way; without a listener the event would end the process.
  client.on("error", () => {});
  const onAbort = () => hangUp(client);
  let failed: { readonly error: unknown; readonly text: string } | undefined;
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await client.connect().catch((error: unknown) => {
      throw poolerRefusal(error, node) ?? error;
    });
    const { rows } = await client.query("SELECT pg_backend_pid() AS pid");
    refusePooler(client, node, Number(rows[0]?.pid));
    return await use(async (text, values = []) => {
      try {
        return (await client.query(text, [...values])).rows;
      } catch (error) {
        failed = { error, text };
        throw error;
      }
    });
  } catch (error) {
    signal.throwIfAborted();
    const text = failed?.error === error ? failed?.text : undefined;
    throw fromPgError(error, { node, write: false, sent: false, text });
  } finally {
    signal.removeEventListener("abort", onAbort);
    await sayGoodbye(client);
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

async function sayGoodbye(client: Client): Promise<void> {
  const ended = client.end().catch(() => {});
  await new Promise<void>((resolve) => {
    const hangUpAndGo = () => {
      hangUp(client);
      resolve();
    };
    const tooLate = setTimeout(hangUpAndGo, GOODBYE_MS);
    void ended.then(() => {
      clearTimeout(tooLate);
      resolve();
    });
  });
}
