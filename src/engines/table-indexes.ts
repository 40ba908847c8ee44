/**
 * The indexes of a collection's table that filters use, the same text for every engine. Names of metadata
 * fields are anybody's: they come into the text as literals, and into the name of an index as a hash. Pure.
 */
import { createHash } from "node:crypto";
import { quoteIdentifier } from "../lib/quote-identifier.ts";
import { quoteLiteral } from "../shards/pg/quote-literal.ts";
import { filterCondition, type Values } from "../shards/sql/filter.ts";
import { fieldCollation, indexedField } from "../shards/sql/indexed-field.ts";
import type { StatementValue } from "../shards/statement.ts";
import type { CollectionSettings, FilterIndex, RecordIndex } from "../topology/collection-settings.ts";
import { fromStoredFilter } from "../topology/stored-filter.ts";

/** An index of a table, whatever the table is called. */
export interface TableIndex {
  /** What its name has after that of the table; of another definition another one. */
  readonly suffix: string;
  /** What follows the name of the table in CREATE INDEX. */
  readonly definition: string;
  /** For people. */
  readonly title: string;
}

/**
 * `fastupdate = off`: what writes leave for later, every search would have to read through. jsonb_path_ops:
 * smaller and faster for the one operator that is used.
 */
const RECORD_INDEXES: Readonly<Record<RecordIndex, TableIndex>> = {
  metadata: {
    suffix: "metadata",
    definition: "USING gin (metadata jsonb_path_ops) WITH (fastupdate = off)",
    title: "metadata",
  },
  tags: { suffix: "tags", definition: "USING gin (tags) WITH (fastupdate = off)", title: "tags" },
  created_at: { suffix: "created_at", definition: "(shard_key, created_at)", title: "created_at" },
};

export function recordIndex(of: RecordIndex): TableIndex {
  return RECORD_INDEXES[of];
}

export function filterIndex(index: FilterIndex): TableIndex {
  const { name, fields, where } = index;
  const elements = fields.map(
    ({ path, type }) => `(${indexedField(type, LITERALS.add(path, "text[]"))})${fieldCollation(type)}`,
  );
  const condition = where === undefined ? "" : ` WHERE ${filterCondition(fromStoredFilter(where), LITERALS)}`;
  return {
    suffix: `f_${hash(JSON.stringify([name, fields, where ?? null]))}`,
    definition: `(shard_key, ${elements.join(", ")})${condition}`,
    title: `filter index ${name}`,
  };
}

/** All that a collection of these settings has. */
export function indexesOf(settings: CollectionSettings | undefined): readonly TableIndex[] {
  return [
    ...(settings?.recordIndexes ?? []).map(recordIndex),
    ...(settings?.filterIndexes ?? []).map(filterIndex),
  ];
}

/** Without schema. */
export function tableIndexName(table: string, { suffix }: TableIndex): string {
  return `${table}_${suffix}`;
}

/** `concurrently`: not inside a transaction; writes go on meanwhile. */
export function createTableIndexSql(
  { schema, table }: { readonly schema: string; readonly table: string },
  index: TableIndex,
  { concurrently = false }: { readonly concurrently?: boolean } = {},
): string {
  const create = concurrently ? "CREATE INDEX CONCURRENTLY" : "CREATE INDEX";
  const on = `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
  return `${create} ${quoteIdentifier(tableIndexName(table, index))} ON ${on} ${index.definition}`;
}

/** Values as text, since a definition takes no parameters. */
const LITERALS: Values = {
  add(value: StatementValue, type: string): string {
    if (typeof value === "string") return `${quoteLiteral(value)}::${type}`;
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
      throw new TypeError(`no literal is made of a value for ${type}`);
    return `ARRAY[${value.map(quoteLiteral).join(", ")}]::${type}`;
  },
};

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
