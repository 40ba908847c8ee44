/**
 * The worker thread of one embedded node: a PGlite database, and the loop that answers its driver. A crash of
 * the WebAssembly module ends the thread, which the driver sees.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { PGlite, QueryOptions } from "@electric-sql/pglite";
import { SORTING } from "../planner-settings.ts";
import type { Row, Statement } from "../statement.ts";
import { encodeVector } from "../vector-codec.ts";
import { openDatabase, type PgliteDatabase } from "./pglite-database.ts";
import type { PgliteErrorFields, PgliteReply, PgliteRequest } from "./pglite-messages.ts";

const INT8 = 20;
/** Type oid of json, which EXPLAIN returns. */
const JSON_TEXT = 114;
/** For errors of PGlite itself, such as a value it cannot encode. */
const INTERNAL_ERROR = "XX000";

class NoAnswerError extends Error {}

const database = await openDatabase(workerData as PgliteDatabase);
const queryOptions = await optionsOf(database);
reply({ kind: "rows", rows: [] });
parentPort?.on("message", async (request: PgliteRequest) => {
  if (request.kind === "run") return reply(await run(request.statement));
  await database.close();
  process.exit(0);
});

/**
 * PGlite does not know vectors, and returns int8 below 2^53 as numbers. Vectors go in binary and come back as
 * text.
 */
async function optionsOf(opened: PGlite): Promise<QueryOptions> {
  const { rows } = await opened.query<{ oid: number }>("SELECT 'vector'::regtype::oid AS oid");
  const vectorOid = Number(rows[0]?.oid);
  return {
    rowMode: "array",
    parsers: { [INT8]: BigInt, [JSON_TEXT]: String, [vectorOid]: parseVector },
    serializers: {
      [vectorOid]: (value: unknown) =>
        (value instanceof Float32Array ? encodeVector(value) : value) as string,
    },
  };
}

function parseVector(text: string): Float32Array {
  return Float32Array.from(text.slice(1, -1).split(","), Number);
}

async function run(statement: Statement): Promise<PgliteReply> {
  try {
    const { rows, command } = await query(statement);
    if (command === undefined) throw new NoAnswerError("PostgreSQL inside PGlite does not answer any more");
    return { kind: "rows", rows };
  } catch (error) {
    if (isCrash(error)) throw error;
    return { kind: "error", error: fieldsOf(error) };
  }
}

async function query({ text, values, sorts }: Statement) {
  if (sorts !== true) return database.query<Row>(text, [...values], queryOptions);
  return database.transaction(async (transaction) => {
    await transaction.query("SELECT set_config($1, $2, true)", [SORTING.name, SORTING.value]);
    return transaction.query<Row>(text, [...values], queryOptions);
  });
}

/**
 * PostgreSQL inside is gone: the module trapped (WebAssembly.RuntimeError), called exit(), or stopped
 * answering, which PGlite would pass on as a result without rows.
 */
function isCrash(error: unknown): boolean {
  const { name } = error as { readonly name?: unknown };
  return error instanceof NoAnswerError || name === "RuntimeError" || name === "ExitStatus";
}

function fieldsOf(error: unknown): PgliteErrorFields {
  const { message, code, ...rest } = error as Partial<PgliteErrorFields>;
  const { detail, table, hint, routine, position, internalPosition, internalQuery } = rest;
  return {
    message: message ?? String(error),
    code: code ?? INTERNAL_ERROR,
    detail,
    table,
    hint,
    routine,
    position,
    internalPosition,
    internalQuery,
  };
}

function reply(message: PgliteReply): void {
  parentPort?.postMessage(message);
}
