/** The table of a collection and its index, the same text for every engine. Pure. */
import { FieldChecks, OrreryError } from "../errors.ts";
import { quoteIdentifier } from "../lib/quote-identifier.ts";
import { indexElement } from "../shards/sql/distance.ts";
import { sameChoice } from "../topology/collection-settings.ts";
import type { Quantization } from "../topology/shard-map.ts";
import type { CollectionSpec } from "./engine.ts";
import { indexName, newIndexName } from "./half-indexes.ts";
import { createTableIndexSql, indexesOf } from "./table-indexes.ts";

/** Most dimensions pgvector can index per kind, and that a row of the table can hold. */
export const MAX_DIMENSION: Readonly<Record<Quantization, number>> = {
  none: 2000,
  half: 4000,
  binary: 16000,
};

/** Of pgvector's `vector`, which the table holds. */
const MAX_STORED = 16_000;

export const DEFAULT_HNSW = { m: 16, efConstruction: 64 } as const;

/** Throws INVALID_REQUEST naming the fields (paths of CreateCollectionRequest). */
export function validateCollectionSpec(spec: CollectionSpec): void {
  const { name, dimension, metric, quantization, hnsw, shardCount, settings } = spec;
  const checks = new FieldChecks();
  if (!/^[a-z][a-z0-9_-]{0,62}$/.test(name)) {
    checks.refuse("collection.name", "must be 1-63 of a-z, 0-9, _ and -, starting with a letter");
  }
  const index = settings?.index;
  const max = index === "none" ? MAX_STORED : MAX_DIMENSION[quantization];
  if (!isIntegerIn(dimension, 1, max)) {
    const kind = index === "none" ? "without an index" : `with quantization ${quantization}`;
    checks.refuse("collection.dimension", `must be 1-${max} ${kind}`);
  }
  if (index === "ivfflat") checks.refuse("collection.index", "ivfflat is not supported");
  if (index === "none" && quantization !== "none") {
    checks.refuse("collection.quantization", "means nothing without an index");
  }
  if (quantization === "binary" && metric !== "cosine") {
    checks.refuse("collection.quantization", "binary keeps directions and no lengths: needs metric cosine");
  }
  if (!isIntegerIn(hnsw.m, 2, 100)) checks.refuse("collection.hnsw.m", "must be 2-100");
  if (!isIntegerIn(hnsw.efConstruction, 4, 1000) || hnsw.efConstruction < 2 * hnsw.m) {
    checks.refuse("collection.hnsw.ef_construction", "must be 4-1,000 and at least 2 m");
  }
  if (!isIntegerIn(shardCount, 1, 1024)) checks.refuse("collection.shard_count", "must be 1-1,024");
  checks.done();
}

function isIntegerIn(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

function createTableSql(schema: string, table: string, dimension: number): string {
  return `CREATE TABLE ${quoteIdentifier(schema)}.${quoteIdentifier(table)} (
  shard_key text COLLATE "C" NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  value text,
  metadata jsonb,
  tags text[] NOT NULL,
  embedding vector(${dimension}) NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  version bigint NOT NULL,
  PRIMARY KEY (shard_key, key)
)`;
}

/**
 * For catalogs of the schema before, which have no room for settings and know cosine only. NODE_NOT_MIGRATED
 * when something was chosen.
 */
export function withoutSettings(spec: CollectionSpec): CollectionSpec {
  const { settings, ...rest } = spec;
  refuseWithoutSettings(spec.metric === "cosine" && sameChoice(settings, {}));
  return rest;
}

/** NODE_NOT_MIGRATED unless `keepsSettings`. */
export function refuseWithoutSettings(keepsSettings: boolean): void {
  if (keepsSettings) return;
  throw new OrreryError(
    "NODE_NOT_MIGRATED",
    "settings of collections, and other metrics than cosine, need the schema of this version: run `orrery migrate`",
  );
}

export function collectionGone(name: string): OrreryError {
  return new OrreryError("COLLECTION_NOT_FOUND", `collection ${JSON.stringify(name)} is gone`);
}

/**
 * Keeps vectors in the row itself, so that comparing them reads no other pages: PostgreSQL would move them
 * out of a row of more than 2 kB (TOAST). What else is read with them, or by a filter, stays there too while
 * the row has room (MAIN); a large value goes out. A row has always room, since all but the vector can go
 * out. `relation`: quoted, with schema.
 */
export function inlineStorageSql(relation: string): string {
  const main = ["shard_key", "namespace", "key", "metadata", "tags"];
  const columns = [
    "ALTER embedding SET STORAGE PLAIN",
    ...main.map((name) => `ALTER ${name} SET STORAGE MAIN`),
  ];
  return `ALTER TABLE ${relation} ${columns.join(", ")}`;
}

/** The statements that make the table of a collection, with the indexes of its settings. */
export function createTableSqls(
  schema: string,
  table: string,
  { dimension, settings }: Pick<CollectionSpec, "dimension" | "settings">,
): readonly string[] {
  return [
    createTableSql(schema, table, dimension),
    ...(settings?.storage === "inline"
      ? [inlineStorageSql(`${quoteIdentifier(schema)}.${quoteIdentifier(table)}`)]
      : []),
    ...indexesOf(settings).map((index) => createTableIndexSql({ schema, table }, index)),
  ];
}

/** What the index of a collection follows from. */
export type IndexSpec = Pick<CollectionSpec, "dimension" | "metric" | "quantization" | "hnsw">;

/** The HNSW index over the form of the vector that the quantization keeps; none for a collection without. */
export function createIndexSqls(
  schema: string,
  table: string,
  spec: IndexSpec & Pick<CollectionSpec, "settings">,
): readonly string[] {
  if (spec.settings?.index === "none") return [];
  return [indexSql("INDEX", indexName(table), { schema, table, spec })];
}

/**
 * The same under another name, for a table that has one. Not inside a transaction; writes go on meanwhile.
 */
export function createNewIndexSql(schema: string, table: string, spec: IndexSpec): string {
  return indexSql("INDEX CONCURRENTLY", newIndexName(table), { schema, table, spec });
}

function indexSql(
  create: string,
  name: string,
  { schema, table, spec }: { readonly schema: string; readonly table: string; readonly spec: IndexSpec },
): string {
  const { m, efConstruction } = spec.hnsw;
  return `CREATE ${create} ${quoteIdentifier(name)} ON ${quoteIdentifier(schema)}.${quoteIdentifier(table)}
  USING hnsw (${indexElement(spec)}) WITH (m = ${m}, ef_construction = ${efConstruction})`;
}
