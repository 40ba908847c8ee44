/** What is known of the statements that are prepared on the connections to one server. */
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { PoolClient } from "pg";
import { isOrreryError } from "../../errors.ts";
import type { MemoryAccount } from "../../lib/memory-budget.ts";
import { isStalePlan } from "../pg-errors.ts";
import { SORTING } from "../planner-settings.ts";
import type { Statement } from "../statement.ts";
import type { ColumnParser } from "./column-types.ts";
import { type OnEnd, PgQuery } from "./pg-query.ts";
import { PreparedNames } from "./prepared-names.ts";

/** Texts that are known, over all connections; small beside what the server keeps for each prepared one. */
const MAX_STATEMENTS = 5_000;

/** Where the result of a statement goes. */
export interface ResultSink {
  readonly onEnd: OnEnd;
  /** What its rows are counted in; undefined: they are not. */
  readonly memory: MemoryAccount | undefined;
}

interface Prepared {
  readonly name: string;
  /** Undefined until the server has described its columns. */
  parsers: readonly ColumnParser[] | undefined;
}

export interface SentStatement extends Statement {
  /** For this statement alone; undefined: the session's own. */
  readonly lockTimeoutMs?: number | undefined;
  /** The values as a Bind message has them, where that was made before. */
  readonly encoded?: readonly unknown[];
}

export class PreparedStatements {
  readonly #byText = new LRUCache<string, Prepared>({ max: MAX_STATEMENTS });
  readonly #byConnection = new WeakMap<PoolClient, PreparedNames>();
  readonly #maxPerConnection: number;

  constructor(maxPerConnection: number) {
    this.#maxPerConnection = maxPerConnection;
  }

  /**
   * Sends the statement, preparing it first where it is to be prepared and the connection has not done so.
   * Where the connection has prepared as many as it may, it closes the one not used for longest.
   */
  send(
    client: PoolClient,
    { text, values, encoded, prepare, sorts, lockTimeoutMs }: SentStatement,
    { onEnd, memory }: ResultSink,
  ): void {
    // What goes before the statement would be taken for it where pg notes what is prepared.
    if (!prepare || lockTimeoutMs !== undefined) {
      const unnamed = { name: undefined, parsers: undefined, prepared: undefined };
      const setting =
        lockTimeoutMs !== undefined
          ? { name: "lock_timeout", value: String(lockTimeoutMs) }
          : sorts && SORTING;
      client.query(new PgQuery({ text, values, encoded, memory, ...unnamed, setting }, onEnd));
      return;
    }
    const statement = this.#preparedOf(text);
    const onPreparedEnd: OnEnd = (end) => {
      const { error, described } = end;
      if (error === undefined) statement.parsers ??= described;
      else if (isStalePlan(error) || isOrreryError(error, "BUG")) statement.parsers = undefined;
      onEnd(end);
    };
    const { name, parsers } = statement;
    const prepared = this.#namesOn(client);
    client.query(new PgQuery({ text, values, encoded, name, parsers, prepared, memory }, onPreparedEnd));
  }

  #namesOn(client: PoolClient): PreparedNames {
    let names = this.#byConnection.get(client);
    if (names === undefined) {
      names = new PreparedNames(this.#maxPerConnection);
      this.#byConnection.set(client, names);
    }
    return names;
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
