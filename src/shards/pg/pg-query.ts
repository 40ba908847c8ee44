/**
 * One statement for `pg`'s `Client.query`, which takes any object that can submit itself. It does less than
 * pg's own Query: rows stay arrays, there are no events, and the columns of a prepared statement are
 * described only the first time, which saves a message each way and its parsing.
 *
 * ```
 *   submit: [set_config] [Close] [Parse] Bind [Describe] Execute Sync, in one write
 *   -> RowDescription? DataRow* CommandComplete -> ReadyForQuery -> onEnd(rows)
 *   -> ErrorResponse -> ReadyForQuery, or the connection is lost -> onEnd(error)
 * ```
 */
import type { Duplex } from "node:stream";
import pg, { type Connection, type Submittable } from "pg";
import { OrreryError } from "../../errors.ts";
import type { MemoryAccount } from "../../lib/memory-budget.ts";
import { heldByRow } from "../row-memory.ts";
import type { Column, Row, StatementValue } from "../statement.ts";
import { type BindValue, bindMessage, isLargeBind } from "./bind-message.ts";
import { type ColumnParser, columnParser } from "./column-types.ts";
import { toParameter } from "./parameter.ts";
import type { PreparedNames } from "./prepared-names.ts";

export interface PgStatement {
  readonly text: string;
  readonly values: readonly StatementValue[];
  /** The values as a Bind message has them, where that was made before. */
  readonly encoded?: readonly unknown[] | undefined;
  /** Under which it is prepared on each connection; undefined: not prepared. */
  readonly name: string | undefined;
  /** How to read its columns, as the server described them in an earlier run; undefined: ask the server. */
  readonly parsers: readonly ColumnParser[] | undefined;
  /** What the connection has prepared, where this one is prepared. */
  readonly prepared: PreparedNames | undefined;
  /** What its rows are counted in; undefined: they are not. */
  readonly memory: MemoryAccount | undefined;
  /** For this statement alone; undefined: all as the session has it. Not with `name`. */
  readonly setting?: StatementSetting | undefined;
}

/** A setting of PostgreSQL and its value. */
export interface StatementSetting {
  readonly name: string;
  readonly value: string;
}

/** How a statement ended. */
export interface PgEnd {
  /** pg's DatabaseError, an error of the socket or of the values, or an OrreryError BUG. */
  readonly error: unknown;
  readonly rows: readonly Row[];
  /** How to read the columns, when the server was asked in this run. */
  readonly described: readonly ColumnParser[] | undefined;
  /** Whether the server is ready for another statement on this connection. */
  readonly ready: boolean;
}

/** Called once. */
export type OnEnd = (end: PgEnd) => void;

/** What a query uses of pg's Connection; half of it is missing in its types. */
interface Wire {
  readonly stream: Duplex;
  readonly parsedStatements: Record<string, string | undefined>;
  readonly submittedNamedStatements: Record<string, string | undefined>;
  parse(statement: { readonly text: string; readonly name: string | undefined }): void;
  bind(portal: { readonly statement: string | undefined; readonly values: readonly unknown[] }): void;
  describe(portal: { readonly type: "P"; readonly name: "" }): void;
  close(statement: { readonly type: "S"; readonly name: string }): void;
  execute(): void;
  sync(): void;
  sendCopyFail(reason: string): void;
  once(event: "readyForQuery" | "end", listener: () => void): void;
  off(event: "readyForQuery" | "end", listener: () => void): void;
}

const SET = "SELECT set_config($1, $2, true)";

export class PgQuery implements Submittable {
  /** Read by pg's Client, which notes what a connection has prepared. */
  readonly name: string | undefined;
  readonly text: string;
  readonly #values: readonly StatementValue[];
  readonly #encoded: readonly unknown[] | undefined;
  readonly #onEnd: OnEnd;
  readonly #memory: MemoryAccount | undefined;
  #rows: Row[] = [];
  #parsers: readonly ColumnParser[] | undefined;
  readonly #prepared: PreparedNames | undefined;
  readonly #setting: StatementSetting | undefined;
  /** The rows are those of the statement before, which changes a setting. */
  #isSetting = false;
  #describes = false;
  #ended = false;
  #mistake: unknown;

  constructor(statement: PgStatement, onEnd: OnEnd) {
    const { text, values, encoded, name, parsers, prepared, memory, setting } = statement;
    this.name = name;
    this.text = text;
    this.#values = values;
    this.#encoded = encoded;
    this.#parsers = parsers;
    this.#prepared = prepared;
    this.#memory = memory;
    this.#setting = setting;
    this.#onEnd = onEnd;
  }

  /**
   * Returns an error, which pg hands to `handleError`, instead of throwing it: pg calls this from events of
   * the socket too.
   */
  submit(connection: Connection): Error | null {
    const wire = connection as unknown as Wire;
    wire.stream.cork();
    try {
      const values = this.#encoded ?? this.#values.map(toParameter);
      this.#set(wire);
      this.#closeOldest(wire);
      if (!this.#isParsedOn(wire)) {
        wire.parse({ text: this.text, name: this.name });
        if (this.name !== undefined) wire.submittedNamedStatements[this.name] = this.text;
      }
      if (this.#encoded !== undefined || isLargeBind(values)) {
        const parts = bindMessage(this.name ?? "", values as readonly BindValue[]);
        for (const part of parts) wire.stream.write(part);
      } else wire.bind({ statement: this.name, values });
      this.#describes = this.#parsers === undefined;
      if (this.#describes) wire.describe({ type: "P", name: "" });
      wire.execute();
      wire.sync();
      return null;
    } catch (error) {
      return error as Error;
    } finally {
      wire.stream.uncork();
    }
  }

  handleRowDescription({ fields }: { readonly fields: readonly { readonly dataTypeID: number }[] }): void {
    this.#parsers = fields.map(({ dataTypeID }) => columnParser(dataTypeID));
  }

  /**
   * `fields` belongs to this row alone, so the values can replace the texts in place. `length`: its bytes on
   * the wire.
   */
  handleDataRow({ fields, length }: { readonly fields: Column[]; readonly length: number }): void {
    if (this.#isSetting) return;
    // After a mistake the rest is read without being kept: the connection stays usable.
    if (this.#mistake !== undefined) return;
    const refused = this.#memory?.take(heldByRow(fields, length));
    if (refused !== undefined) {
      this.#rows = [];
      this.#mistake = refused;
      return;
    }
    const parsers = this.#parsers;
    if (parsers?.length !== fields.length) {
      this.#mistake ??= new OrreryError("BUG", `a row has ${fields.length} columns, not ${parsers?.length}`);
      return;
    }
    try {
      for (let i = 0; i < fields.length; i += 1) {
        const text = fields[i] as string | null;
        if (text !== null) fields[i] = (parsers[i] as ColumnParser)(text);
      }
      this.#rows.push(fields);
    } catch (error) {
      this.#mistake ??= error;
    }
  }

  handleCommandComplete(): void {
    this.#isSetting = false;
  }

  handleEmptyQuery(): void {}

  handlePortalSuspended(): void {}

  handleCopyInResponse(connection: Connection): void {
    (connection as unknown as Wire).sendCopyFail("Orrery does not copy");
  }

  handleCopyData(): void {}

  handleReadyForQuery(): void {
    this.#end(this.#mistake, true);
  }

  /**
   * An error of the server is followed by ReadyForQuery, or by the end of the connection when it was fatal.
   * Its severity would say so only in the server's language.
   */
  handleError(error: unknown, connection: Connection): void {
    if (!(error instanceof pg.DatabaseError)) {
      this.#end(error, false);
      return;
    }
    const wire = connection as unknown as Wire;
    const onReady = () => settle(true);
    const onLost = () => settle(false);
    const settle = (ready: boolean) => {
      wire.off("readyForQuery", onReady);
      wire.off("end", onLost);
      this.#end(error, ready);
    };
    wire.once("readyForQuery", onReady);
    wire.once("end", onLost);
  }

  /** Everything up to Sync is one transaction, so the setting ends with it and costs no round trip. */
  #set(wire: Wire): void {
    if (this.#setting === undefined) return;
    this.#isSetting = true;
    wire.parse({ text: SET, name: undefined });
    wire.bind({ statement: undefined, values: [this.#setting.name, this.#setting.value] });
    wire.execute();
  }

  /** In the same write as the statement, so that the bound costs no round trip. */
  #closeOldest(wire: Wire): void {
    const { name } = this;
    if (name === undefined) return;
    const oldest = this.#prepared?.use(name);
    if (oldest === undefined) return;
    wire.close({ type: "S", name: oldest });
    delete wire.parsedStatements[oldest];
    delete wire.submittedNamedStatements[oldest];
  }

  #isParsedOn({ parsedStatements, submittedNamedStatements }: Wire): boolean {
    const { name } = this;
    if (name === undefined) return false;
    return parsedStatements[name] !== undefined || submittedNamedStatements[name] !== undefined;
  }

  #end(error: unknown, ready: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    const described = this.#describes ? (this.#parsers ?? []) : undefined;
    this.#onEnd({ error, rows: this.#rows, described, ready });
  }
}
