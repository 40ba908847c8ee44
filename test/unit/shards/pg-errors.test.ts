import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ErrorCode, OrreryError } from "../../../src/errors.ts";
import { fromPgError, isStalePlan, type StatementContext } from "../../../src/shards/pg-errors.ts";

const READ: StatementContext = { node: "node-1", write: false, sent: true };
const UNSENT_WRITE: StatementContext = { node: "node-1", write: true, sent: false };
const SENT_WRITE: StatementContext = { node: "node-1", write: true, sent: true };

/** An error as `pg` gives it. */
function pgError(code: string | undefined, fields: Readonly<Record<string, string>> = {}): Error {
  return Object.assign(new Error("it failed"), { code, ...fields });
}

/**
 * SQLSTATE or socket code, what it means, and whether a write that was sent may have been applied all the
 * same.
 */
const TABLE: readonly (readonly [string | undefined, ErrorCode, "definite" | "lost"])[] = [
  ["OR001", "SHARD_MOVING", "definite"],
  ["42P01", "SHARD_MOVING", "definite"],
  ["42883", "NODE_NOT_MIGRATED", "definite"],
  ["42501", "NODE_NOT_MIGRATED", "definite"],
  ["3F000", "NODE_NOT_MIGRATED", "definite"],
  ["40001", "STATEMENT_CONFLICT", "definite"],
  ["40P01", "STATEMENT_CONFLICT", "definite"],
  ["55P03", "LOCK_TIMEOUT", "definite"],
  ["25006", "NODE_MISMATCH", "definite"],
  ["53200", "OVERLOADED", "lost"],
  ["53300", "NODE_UNAVAILABLE", "lost"],
  ["57014", "DEADLINE_EXCEEDED", "lost"],
  ["57P01", "NODE_UNAVAILABLE", "lost"],
  ["57P02", "NODE_UNAVAILABLE", "lost"],
  ["57P03", "NODE_UNAVAILABLE", "lost"],
  ["57P05", "NODE_UNAVAILABLE", "lost"],
  ["08000", "NODE_UNAVAILABLE", "lost"],
  ["08003", "NODE_UNAVAILABLE", "lost"],
  ["08006", "NODE_UNAVAILABLE", "lost"],
  ["08P01", "STATEMENT_FAILED", "lost"],
  ["28000", "CONFIG_INVALID", "definite"],
  ["28P01", "CONFIG_INVALID", "definite"],
  ["3D000", "CONFIG_INVALID", "definite"],
  ["23505", "STATEMENT_FAILED", "definite"],
  ["22P02", "STATEMENT_FAILED", "definite"],
  ["53100", "STATEMENT_FAILED", "lost"],
  ["54000", "STATEMENT_FAILED", "definite"],
  ["58030", "STATEMENT_FAILED", "lost"],
  ["P0001", "STATEMENT_FAILED", "definite"],
  ["XX000", "STATEMENT_FAILED", "lost"],
  ["ECONNREFUSED", "NODE_UNAVAILABLE", "lost"],
  ["ECONNRESET", "NODE_UNAVAILABLE", "lost"],
  ["ETIMEDOUT", "NODE_UNAVAILABLE", "lost"],
  ["ENOTFOUND", "NODE_UNAVAILABLE", "lost"],
  ["EAI_AGAIN", "NODE_UNAVAILABLE", "lost"],
  ["EPIPE", "NODE_UNAVAILABLE", "lost"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "NODE_UNAVAILABLE", "lost"],
  [undefined, "NODE_UNAVAILABLE", "lost"],
];

describe.each(TABLE)("%s", (code, expected, outcome) => {
  it(`an error with code ${code} is ${expected}`, () => {
    expect(fromPgError(pgError(code), READ).code).toBe(expected);
    expect(fromPgError(pgError(code), UNSENT_WRITE).code).toBe(expected);
  });

  it(`an error with code ${code} leaves the outcome of a write that was sent ${outcome}`, () => {
    const error = fromPgError(pgError(code), SENT_WRITE);
    expect(error.code).toBe(outcome === "lost" ? "WRITE_OUTCOME_UNKNOWN" : expected);
  });
});

describe("an error of PostgreSQL", () => {
  it("a PostgreSQL error keeps its cause and names node and SQLSTATE; the code of a socket is not a SQLSTATE", () => {
    const cause = pgError("23505");
    const error = fromPgError(cause, READ);
    expect(error.cause).toBe(cause);
    expect(error.details.metadata).toEqual({ node: "node-1", sqlstate: "23505" });
    expect(fromPgError(pgError("EPIPE"), READ).details.metadata).toEqual({ node: "node-1" });
  });

  it.each([
    "Connection refused\n\tIs the server running on that host?",
    "could not receive data from server: Connection refused",
    "could not receive data from server: No route to host",
    "server closed the connection unexpectedly",
  ])("a write that Citus lost on its way is never taken for one that was not applied (%s)", (why) => {
    const text = `connection to the remote node postgres@b:5432 failed with the following error: ${why}`;
    const lost = Object.assign(new Error(text), { code: "08006", routine: "ReportConnectionError" });
    expect(fromPgError(lost, SENT_WRITE).code).toBe("WRITE_OUTCOME_UNKNOWN");
    const halfWay = Object.assign(new Error(why), { code: "XX000", routine: "ReportResultError" });
    expect(fromPgError(halfWay, SENT_WRITE).code).toBe("WRITE_OUTCOME_UNKNOWN");
  });

  it("a cancel that Citus calls a deadlock does not prove that a write was not applied", () => {
    const outcome = (routine: string) => fromPgError(pgError("40P01", { routine }), SENT_WRITE).code;
    expect(outcome("ProcessInterrupts")).toBe("WRITE_OUTCOME_UNKNOWN");
    expect(outcome("DeadLockReport")).toBe("STATEMENT_CONFLICT");
    expect(outcome("ReportResultError")).toBe("STATEMENT_CONFLICT");
  });

  it("no error that is retried leaves the outcome of a write open", () => {
    for (const [code] of TABLE) {
      const error = fromPgError(pgError(code), SENT_WRITE);
      if (error.retry === "never") continue;
      expect(["OR001", "42P01", "40001", "40P01", "55P03", "25006"]).toContain(code);
    }
  });

  it("an OrreryError is passed on unchanged", () => {
    const own = new OrreryError("CANCELLED", "the client left");
    expect(fromPgError(own, SENT_WRITE)).toBe(own);
  });

  it("a refusal by the fence carries what the node knows", () => {
    const refused = (fields: Readonly<Record<string, string>>) =>
      fromPgError(pgError("OR001", { table: "102008", ...fields }), READ).details.metadata;
    const common = { node: "node-1", sqlstate: "OR001", shard: "102008" };
    expect(refused({})).toEqual(common);
    expect(refused({ detail: "3" })).toEqual({ ...common, owner: "3" });
    expect(refused({ detail: "", hint: "another" })).toEqual(common);
    expect(refused({ hint: "committing" })).toEqual({ ...common, committing: "true" });
    expect(fromPgError(pgError("23505", { table: "t", detail: "3" }), READ).details.metadata).toEqual({
      node: "node-1",
      sqlstate: "23505",
    });
  });

  it("a missing table of Orrery's own means a node that is not migrated, in every language", () => {
    const missing = (fields: Readonly<Record<string, string>>, text?: string) =>
      fromPgError(
        Object.assign(new Error("Relation »orrery.cluster« existiert nicht"), { code: "42P01", ...fields }),
        { ...READ, text },
      );
    const text = "SELECT '\u{1f600}', a FROM orrery.cluster";
    expect(missing({ position: "20" }, text)).toMatchObject({
      code: "NODE_NOT_MIGRATED",
      message: expect.stringContaining("orrery migrate"),
    });
    const inside = { internalQuery: 'SELECT FROM "orrery".cluster', internalPosition: "13" };
    expect(missing(inside).code).toBe("NODE_NOT_MIGRATED");
    expect(missing({ position: "15" }, "SELECT a FROM  orrery_data.t_1").code).toBe("SHARD_MOVING");
    expect(missing({}, text).code).toBe("SHARD_MOVING");
  });

  it("a converted error never contains SQL, values or the password, which are in other fields of it", () => {
    const secret = fc.stringMatching(/^[a-z]{12,20}$/);
    fc.assert(
      fc.property(
        secret,
        fc.constantFrom(...TABLE),
        fc.constantFrom(READ, UNSENT_WRITE, SENT_WRITE),
        (word, row, context) => {
          const [code] = row;
          const fields = {
            detail: `Key (key)=(${word}) already exists.`,
            table: "t",
            hint: word,
            where: `SQL statement "SELECT '${word}'"`,
            internalQuery: `SELECT '${word}'`,
            input: `postgres://orrery:${word}@node-1:5432/orrery`,
          };
          const { message, details } = fromPgError(pgError(code, fields), context);
          expect(message + JSON.stringify(details)).not.toContain(word);
        },
      ),
    );
  });

  it("anything that was thrown is converted", () => {
    for (const thrown of [undefined, null, "text", 5, {}]) {
      expect(fromPgError(thrown, READ).code).toBe("NODE_UNAVAILABLE");
    }
  });
});

it("a plan is stale by where PostgreSQL finds it so, in every language", () => {
  const of = (code: string, routine: string) =>
    Object.assign(new Error("gecachter Plan darf den Ergebnistyp nicht ändern"), { code, routine });
  expect(isStalePlan(of("0A000", "RevalidateCachedQuery"))).toBe(true);
  expect(isStalePlan(of("0A000", "transformColumnRef"))).toBe(false);
  expect(isStalePlan(of("42P01", "RevalidateCachedQuery"))).toBe(false);
  expect(isStalePlan(undefined)).toBe(false);
});
