import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OrreryError } from "../../src/errors.ts";
import { withAdminSession } from "../../src/shards/pg/admin-session.ts";
import { deadline, elapsedMs, errorOf } from "../support/driver-fixture.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { waitFor } from "../support/wait-for.ts";

/** Far less than the time to connect. */
const AT_ONCE_MS = 20_000;
const NEVER = new AbortController().signal;

let server: PostgresServer;
const admin = (connectTimeoutMs = 60_000) => ({ node: "node-1", url: server.url(), connectTimeoutMs });
const sessions = async () =>
  (await server.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'orrery-admin'")).length;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

describe("an admin session", () => {
  it("an admin session ends for its user with its work, even when the server is frozen by then", async () => {
    try {
      const worked = withAdminSession(admin(), NEVER, async (query) => {
        const [row] = await query("SELECT 1 AS one");
        server.freeze();
        return row?.one;
      });
      // The server is thawed only after that.
      expect(await worked).toBe(1);
    } finally {
      server.thaw();
    }
  });

  it("an admin session ends at once when it is aborted while connecting to a frozen server", async () => {
    const end = deadline();
    server.freeze();
    try {
      const connecting = errorOf(withAdminSession(admin(), end.signal, async () => undefined));
      setTimeout(end.abort, 100);
      expect(await elapsedMs(connecting)).toBeLessThan(AT_ONCE_MS);
      expect(await connecting).toBe(end.reason);
    } finally {
      server.thaw();
    }
  });

  it("an aborted admin session ends its statement on the server too, so that nothing waits for its locks", async () => {
    const end = deadline();
    const running = errorOf(withAdminSession(admin(), end.signal, (query) => query("SELECT pg_sleep(600)")));
    await waitFor(async () => (await sessions()) === 1, { what: "the statement" });
    end.abort();
    expect(await running).toBe(end.reason);
    await waitFor(async () => (await sessions()) === 0, { what: "the statement to end" });
  });

  it("an admin session does not hold a transaction open when its process stalls", async () => {
    const [row] = await withAdminSession(admin(), NEVER, (query) =>
      query("SELECT current_setting('idle_in_transaction_session_timeout') AS limit"),
    );
    expect(row?.limit).toBe("15s");
  });

  it("an admin session that the server refuses fails with the name of the node", async () => {
    const nowhere = { ...admin(), url: server.url().replace(/\/[^/]*$/, "/nowhere") };
    const failure = await errorOf(withAdminSession(nowhere, NEVER, async () => undefined));
    expect(failure).toBeInstanceOf(OrreryError);
    expect(failure).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining("node-1") });
  });
});
