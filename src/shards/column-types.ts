/** Columns of a `pg` result, which arrive as text, as the values of `Column`. */
import { OrreryError } from "../errors.ts";
import type { Column } from "./statement.ts";
import { parseVector } from "./vector-codec.ts";

type Parser = (text: string) => Column;

const asIs: Parser = (text) => text;

// Type oids of PostgreSQL's pg_type.dat; they never change.
const PARSERS: ReadonlyMap<number, Parser> = new Map<number, Parser>([
  [16, (text) => text === "t"], // bool
  [19, asIs], // name
  [20, BigInt], // int8
  [21, Number], // int2
  [23, Number], // int4
  [25, asIs], // text
  [26, Number], // oid
  [700, Number], // float4
  [701, Number], // float8
  [2278, asIs], // void
]);

/** Oids from here on are assigned at run time; the only such type the statements select is `vector`. */
const FIRST_NORMAL_OID = 16384;

function getTypeParser(oid: number): Parser {
  const parser = PARSERS.get(oid);
  if (parser !== undefined) return parser;
  if (oid >= FIRST_NORMAL_OID) return parseVector;
  // Thrown per value: `pg` catches errors there, while one thrown here would end the process.
  return () => {
    throw new OrreryError(
      "BUG",
      `a statement selects a column of type oid ${oid}; cast it to a supported type`,
    );
  };
}

/** For the `types` setting of a `pg` query. */
export const columnTypes = { getTypeParser };
