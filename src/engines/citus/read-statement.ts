/** How far a long statement is, asked of every node in use. */
import { isOrreryError, OrreryError } from "../../errors.ts";
import { runWithin } from "../../lib/time-limit.ts";
import { type AdminOptions, withAdminSession } from "../../shards/pg/admin-session.ts";
import type { StatementReading } from "../placement-changes.ts";
import { readNodes } from "./sql/node-list.ts";
import { type MarkedStatement, readMarks } from "./sql/statement-marks.ts";
import { findProcess, NO_OBJECTS, readObjects } from "./sql/statement-objects.ts";

/** For each node, so that one that hangs does not hide the others. */
const NODE_MS = 5_000;

export interface StatementReaderOptions {
  readonly admin: AdminOptions;
  readonly adminOf: (node: string) => AdminOptions;
}

/** As PlacementChanges.readStatement. */
export async function readStatement(
  { admin, adminOf }: StatementReaderOptions,
  session: string,
  signal: AbortSignal,
): Promise<StatementReading | undefined> {
  const known = await withAdminSession(admin, signal, async (query) => {
    const process = await findProcess(query, session);
    if (process === undefined) return undefined;
    return { process, objects: await readObjects(query, process), nodes: await readNodes(query) };
  });
  if (known === undefined) return undefined;
  const { process, objects, nodes } = known;
  const primaries = nodes.filter(({ role, active }) => role === "primary" && active);
  const readings = await Promise.all(
    primaries.map(({ name }) =>
      readNode(adminOf(name), { session, process, objects: objects.get(name) ?? NO_OBJECTS }, signal),
    ),
  );
  const begun = [...objects].map(([node, { tables, subscriptions, slots }]) =>
    [node, ...tables, ...subscriptions, ...slots].join(" "),
  );
  return {
    marks: [...begun, ...readings.flatMap(({ marks }) => marks)],
    obstacles: readings.flatMap(({ obstacles }) => obstacles),
  };
}

async function readNode(
  admin: AdminOptions,
  statement: MarkedStatement,
  signal: AbortSignal,
): Promise<StatementReading> {
  const reason = () => new OrreryError("NODE_UNAVAILABLE", `${admin.node} says nothing for ${NODE_MS} ms`);
  try {
    return await runWithin({ ms: NODE_MS, reason, signal }, (limited) =>
      withAdminSession(admin, limited, (query) => readMarks(query, admin.node, statement)),
    );
  } catch (error) {
    signal.throwIfAborted();
    if (!isOrreryError(error, "NODE_UNAVAILABLE")) throw error;
    return { marks: [], obstacles: [`${admin.node} cannot be asked: ${error.message}`] };
  }
}
