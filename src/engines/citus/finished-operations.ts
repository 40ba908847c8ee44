/** Records of operations that have ended, in a table of the Citus coordinator node. */
import { type AdminOptions, withAdminSession } from "../../shards/pg/admin-session.ts";
import type { FinishedOperations } from "../finished-operations.ts";
import {
  ADD_FINISHED,
  COUNT_FINISHED,
  DELETE_FINISHED,
  LIST_FINISHED,
  READ_FINISHED,
  REPLACE_FINISHED,
} from "../finished-operations-sql.ts";
import { runFenced } from "./sql/fenced.ts";

export function createFinishedOperations({ admin }: { readonly admin: AdminOptions }): FinishedOperations {
  return {
    get: (id, signal) =>
      withAdminSession(admin, signal, async (query) => {
        const [row] = await query(READ_FINISHED, [id]);
        return row === undefined ? undefined : String(row.record);
      }),
    list: (signal) =>
      withAdminSession(admin, signal, async (query) =>
        (await query(LIST_FINISHED)).map(({ id, record }) => ({ id: String(id), json: String(record) })),
      ),
    count: (signal) =>
      withAdminSession(admin, signal, async (query) =>
        (await query(COUNT_FINISHED)).map(({ kind, state, count }) => ({
          kind: String(kind),
          state: String(state),
          count: Number(count),
        })),
      ),
    add: ({ id, finishedAtMs, json }, term, signal) =>
      withAdminSession(admin, signal, async (query) => {
        const values = [id, finishedAtMs, json];
        if (term === undefined) await query(ADD_FINISHED, values);
        else await runFenced(query, term, { text: REPLACE_FINISHED, values });
      }),
    deleteBefore: (timeMs, term, signal) =>
      withAdminSession(admin, signal, async (query) => {
        await runFenced(query, term, { text: DELETE_FINISHED, values: [timeMs] });
      }),
  };
}
