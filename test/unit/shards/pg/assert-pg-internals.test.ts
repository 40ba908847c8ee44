import pg, { Client, Pool } from "pg";
import { expect, it } from "vitest";
import { installedVersion } from "../../../../src/lib/package-parts.ts";
import { assertPgInternals } from "../../../../src/shards/pg/assert-pg-internals.ts";

const installed = () => ({
  client: new Client({ host: "localhost" }),
  utils: (pg as unknown as { readonly utils: object }).utils,
  pool: Pool.prototype,
});

it("accepts the installed pg and pg-pool", () => {
  expect(() => assertPgInternals()).not.toThrow();
});

it("names pg, pg-pool and what they lack when a connection has no notes of its prepared statements", () => {
  const internals = installed();
  const { connection } = internals.client as unknown as { connection: Record<string, unknown> };
  delete connection.parsedStatements;
  expect(() => assertPgInternals(internals)).toThrow(
    expect.objectContaining({
      code: "BUG",
      message:
        `pg ${installedVersion("pg")} with pg-pool ${installedVersion("pg-pool")} lacks ` +
        "client.connection.parsedStatements: Orrery runs only with the versions that its package.json names",
    }),
  );
});

it.each([
  ["utils.prepareValue", { utils: {} }],
  ["utils.prepareValue", { utils: undefined }],
  ["pool._promiseTry", { pool: {} }],
  ["client.connection.sync", { client: {} }],
])("refuses a pg without %s", (part, lacking) => {
  expect(() => assertPgInternals({ ...installed(), ...lacking })).toThrow(part);
});
