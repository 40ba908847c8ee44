/** The private parts of `pg` and `pg-pool` that the drivers use; package.json pins both versions for them. */
import pg from "pg";
import { OrreryError } from "../../errors.ts";
import { installedVersion, missingParts } from "../../lib/package-parts.ts";

export interface PgInternals {
  /** A `Client`, connected or not. */
  readonly client: object;
  /** `pg.utils`. */
  readonly utils: object | undefined;
  /** `Pool.prototype`. */
  readonly pool: object;
}

const PARTS = [
  // cancelling a statement
  "client.host",
  "client.port",
  "client.processID",
  "client.secretKey",
  // hanging up
  "client.connection.stream.destroy",
  // sending a statement
  "client.connection.stream.cork",
  "client.connection.stream.uncork",
  "client.connection.parsedStatements",
  "client.connection.submittedNamedStatements",
  "client.connection.parse",
  "client.connection.bind",
  "client.connection.describe",
  "client.connection.execute",
  "client.connection.sync",
  "client.connection.sendCopyFail",
  "client.connection.close",
  "utils.prepareValue",
  // what waits for `onConnect`, which verifies each new connection
  "pool._promiseTry",
];

/** Throws BUG, naming the packages with their versions, when one of the parts is not there. */
export function assertPgInternals(internals: PgInternals = installed()): void {
  const missing = missingParts(internals, PARTS);
  if (missing.length === 0) return;
  throw new OrreryError(
    "BUG",
    `pg ${installedVersion("pg")} with pg-pool ${installedVersion("pg-pool")} lacks ${missing.join(", ")}: ` +
      "Orrery runs only with the versions that its package.json names",
  );
}

function installed(): PgInternals {
  const { utils } = pg as unknown as { readonly utils?: object };
  return { client: new pg.Client({ host: "localhost" }), utils, pool: pg.Pool.prototype };
}
