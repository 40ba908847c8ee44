/** Columns of a `pg` result, which arrive as text, as the values of `Column`. */
import { OrreryError } from "../../errors.ts";
import type { Column } from "../statement.ts";
import { parseVector } from "../vector-codec.ts";

export type ColumnParser = (text: string) => Column;

const asIs: ColumnParser = (text) => text;

// Type oids of PostgreSQL's pg_type.dat; they never change.
const PARSERS: ReadonlyMap<number, ColumnParser> = new Map<number, ColumnParser>([
  [16, (text) => text === "t"], // bool
  [19, asIs], // name
  [20, BigInt], // int8
  [21, Number], // int2
  [23, Number], // int4
  [25, asIs], // text
  [26, Number], // oid
  [114, asIs], // json, as EXPLAIN has it
  [700, Number], // float4
  [701, Number], // float8
  [2278, asIs], // void
]);

/** Oids from here on are assigned at run time; the only such type the statements select is `vector`. */
const FIRST_NORMAL_OID = 16384;

/** How to read a column of the type `oid`. The parser of a type that no statement may select throws BUG. */
export function columnParser(oid: number): ColumnParser {
  const parser = PARSERS.get(oid);
  if (parser !== undefined) return parser;
  if (oid >= FIRST_NORMAL_OID) return parseVector;
  return () => {
    throw new OrreryError(
      "BUG",
      `a statement selects a column of type oid ${oid}; cast it to a supported type`,
    );
  };
}
