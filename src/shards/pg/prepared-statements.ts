/** What is known of the statements that are prepared on the connections to one server. */
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { PoolClient } from "pg";
import { isOrreryError } from "../../errors.ts";
import { isStalePlan } from "../pg-errors.ts";
import type { Statement } from "../statement.ts";
import type { ColumnParser } from "./column-types.ts";
import { type OnEnd, PgQuery } from "./pg-query.ts";

const MAX_STATEMENTS = 5_000;

interface Prepared {
  readonly name: string;
  /** Undefined until the server has described its columns. */
  parsers: readonly ColumnParser[] | undefined;
}

export class PreparedStatements {
  readonly #byText = new LRUCache<string, Prepared>({ max: MAX_STATEMENTS });

  /** Sends the statement, preparing it first where it is to be prepared and the connection has not done so. */
  send(client: PoolClient, { text, values, prepare }: Statement, onEnd: OnEnd): void {
    if (!prepare) {
      client.query(new PgQuery({ text, values, name: undefined, parsers: undefined }, onEnd));
      return;
    }
    const prepared = this.#preparedOf(text);
    const onPreparedEnd: OnEnd = (error, rows, described) => {
      if (error === undefined) prepared.parsers ??= described;
      else if (isStalePlan(error) || isOrreryError(error, "BUG")) prepared.parsers = undefined;
      onEnd(error, rows, described);
    };
    client.query(new PgQuery({ text, values, ...prepared }, onPreparedEnd));
  }

  #preparedOf(text: string): Prepared {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const name = `orrery_${createHash("sha256").update(text).digest("base64url").slice(0, 22)}`;
    const prepared = { name, parsers: undefined };
    this.#byText.set(text, prepared);
    return prepared;
  }
}
