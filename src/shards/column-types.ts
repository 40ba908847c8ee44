/** Binary columns of a `pg` result as the values of `Column`. */
import { decodeVector } from "./vector-codec.ts";

type Parser = (bytes: Buffer) => string | number | bigint | boolean | Float32Array;

// Type oids of PostgreSQL's pg_type.dat; they never change.
const PARSERS: ReadonlyMap<number, Parser> = new Map<number, Parser>([
  [16, (bytes) => bytes[0] === 1], // bool
  [19, (bytes) => bytes.toString("utf8")], // name
  [20, (bytes) => bytes.readBigInt64BE(0)], // int8
  [21, (bytes) => bytes.readInt16BE(0)], // int2
  [23, (bytes) => bytes.readInt32BE(0)], // int4
  [25, (bytes) => bytes.toString("utf8")], // text
  [26, (bytes) => bytes.readUInt32BE(0)], // oid
  [700, (bytes) => bytes.readFloatBE(0)], // float4
  [701, (bytes) => bytes.readDoubleBE(0)], // float8
  [2278, () => ""], // void
]);

/** Oids from here on are assigned at run time; the only such type the statements select is `vector`. */
const FIRST_NORMAL_OID = 16384;

function getTypeParser(oid: number): Parser {
  const parser = PARSERS.get(oid);
  if (parser !== undefined) return parser;
  if (oid >= FIRST_NORMAL_OID) return decodeVector;
  throw new TypeError(`a statement selects a column of type oid ${oid}; cast it to a supported type`);
}

/** For the `types` setting of a `pg` query with `binary: true`. */
export const columnTypes = { getTypeParser };
