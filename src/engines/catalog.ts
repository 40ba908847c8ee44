/** The answer of `orrery.catalog()` as a Catalog. Pure. */
import { OrreryError } from "../errors.ts";
import type { Row, Statement } from "../shards/statement.ts";
import { decodeCollectionSettings } from "../topology/collection-settings.ts";
import type { Finding } from "../topology/findings.ts";
import type { Catalog, Collection, Metric, Node, Quantization } from "../topology/shard-map.ts";
import { invalidCollections } from "../topology/valid-catalog.ts";

export const READ_CATALOG: Statement = { text: "SELECT orrery.catalog()", values: [], prepare: true };

interface CollectionRow {
  readonly id: number;
  readonly name: string;
  readonly table: string;
  readonly dimension: number;
  readonly metric: Metric;
  readonly quantization: Quantization;
  /** Absent on the schema before. */
  readonly unnormalized?: boolean;
  /** Absent on the schema before. */
  readonly settings?: unknown;
  readonly m: number;
  readonly efConstruction: number;
  /** null: see `ranges`. */
  readonly shards: readonly (readonly [id: number, min: number, max: number, group: number])[] | null;
  /** The shards of a collection with traits, which an earlier version takes for one without shards. */
  readonly ranges?: CollectionRow["shards"] | undefined;
}

interface CatalogRow {
  readonly clusterId: string | null;
  readonly nodes: readonly Node[];
  readonly collections: readonly CollectionRow[];
}

/** Throws NODE_NOT_MIGRATED when the cluster has no identity yet. */
export function decodeCatalog(rows: readonly Row[]): Catalog {
  const { clusterId, nodes, collections } = JSON.parse(String(rows[0]?.[0] ?? "{}")) as CatalogRow;
  if (clusterId === null)
    throw new OrreryError("NODE_NOT_MIGRATED", "the cluster has no identity: run `orrery migrate`");
  return { clusterId, nodes: nodes.map(toNode), collections: collections.flatMap(toCollection) };
}

function toNode({ id, group, name, role }: Node): Node {
  return { id, group, name, role };
}

/** A collection whose table is not there is being dropped. */
function toCollection(row: CollectionRow): readonly Collection[] {
  const { id, name, table, dimension, metric, quantization, unnormalized, m, efConstruction } = row;
  const shards = row.shards ?? row.ranges ?? null;
  if (shards === null) return [];
  const settings = decodeCollectionSettings(row.settings ?? {});
  return [
    {
      id,
      name,
      table,
      dimension,
      metric,
      quantization,
      ...(unnormalized === true && { unnormalized }),
      hnsw: { m, efConstruction },
      ...(Object.keys(settings).length > 0 && { settings }),
      shards: shards.map(([shard, min, max, group]) => ({ id: shard, min, max, group })),
    },
  ];
}

/** One for each collection that is not served by what the catalogs say; `node` is where they were read. */
export function catalogFindings(catalog: Catalog, node: string): readonly Finding[] {
  return invalidCollections(catalog).map(({ name, problem }) => ({
    node,
    problem: `has invalid shards for collection ${name}, which is served as it was before: ${problem}`,
  }));
}
