/**
 * What the tests of the `pg` driver share: a driver with small limits and the server's view of it.
 */
import { OrreryError } from "../../src/errors.ts";
import { type NodeDriver, type RunOptions, rowsOrThrow } from "../../src/shards/node-driver.ts";
import { createPgDriver, type PgDriver, type PgDriverOptions } from "../../src/shards/pg/pg-driver.ts";
import type { PoolSettings } from "../../src/shards/pg/pg-session.ts";
import type { Row, StatementValue } from "../../src/shards/statement.ts";
import type { PostgresServer } from "./postgres-server.ts";
import { unshared } from "./unshared.ts";

export const POOL: PoolSettings = {
  ...unshared(2),
  lockTimeoutMs: 0,
  maxLifetimeMs: 1_800_000,
  maxUses: 0,
  connectTimeoutMs: 2_000,
  statementTimeoutMs: 60_000,
  workMem: "64MB",
  maxScanTuples: 100_000,
  preparedStatements: 250,
  efSearch: 100,
};

/** A driver that does not check the server's identity unless `verify` is given. */
export function openDriver(
  url: string,
  { verify, ...pool }: Partial<PoolSettings> & Pick<PgDriverOptions, "verify"> = {},
): PgDriver {
  return createPgDriver({
    node: "node-1",
    url,
    pool: { ...POOL, ...pool },
    random: Math.random,
    ...(verify && { verify }),
  });
}

export type Options = Partial<RunOptions> & { readonly prepare?: boolean };

export async function run(
  driver: NodeDriver,
  text: string,
  values: readonly StatementValue[] = [],
  { prepare = false, ...options }: Options = {},
): Promise<readonly Row[]> {
  const { signal } = new AbortController();
  return rowsOrThrow(await driver.run({ text, values, prepare }, { signal, ...options }));
}

/** Connections of the driver, and how many statements wait for one. */
export function poolOf(driver: PgDriver) {
  const { total, idle, queues } = driver.connections();
  return { total, idle, waiting: queues.reduce((sum, { waiting }) => sum + waiting, 0) };
}

/** The server process that runs the driver's next statement. */
export async function backendOf(driver: NodeDriver): Promise<number> {
  const [row] = await run(driver, "SELECT pg_backend_pid()");
  return Number(row?.[0]);
}

/** The statements of the driver that the server is running. */
export async function underWay(server: PostgresServer): Promise<readonly string[]> {
  const rows = await server.sql(
    "SELECT query FROM pg_stat_activity WHERE application_name = 'orrery' AND state = 'active'",
  );
  return rows.map(({ query }) => query);
}

/** A signal that aborts with the reason callers give. */
export function deadline(): { readonly signal: AbortSignal; readonly reason: OrreryError; abort(): void } {
  const controller = new AbortController();
  const reason = new OrreryError("DEADLINE_EXCEEDED", "too late");
  return { signal: controller.signal, reason, abort: () => controller.abort(reason) };
}

/** How many milliseconds `wait` took. */
export async function elapsedMs(wait: Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await wait;
  return performance.now() - startedMs;
}

/** What `promise` resolves with; fails when that takes more than a turn of the event loop. */
export async function atOnce<T>(promise: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    setImmediate(() => reject(new Error("it did not end at once")));
  });
  return await Promise.race([promise, late]);
}

/** The error that `promise` rejects with; fails when it resolves. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}
