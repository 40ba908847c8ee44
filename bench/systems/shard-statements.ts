/** The very statements Orrery sends for a search of one namespace, and the nodes it sends them to. */
import { createClient } from "../../src/client/client.ts";
import { quoteIdentifier } from "../../src/lib/quote-identifier.ts";
import { searchStatement } from "../../src/shards/sql/search.ts";
import type { NodeStatement, Query } from "../client/job.ts";
import type { Dataset, Workload } from "../data/dataset.ts";
import type { BenchCluster } from "../setup/cluster.ts";
import type { BenchCollection } from "../setup/collection.ts";
import type { LoadedDataset } from "../setup/with-bench.ts";

export interface ShardStatements {
  of(query: Query, workload: Workload): NodeStatement;
  /** A search of several shards is several statements and a merge. */
  cannot(workload: Workload): string | undefined;
}

interface Owner {
  readonly strategy: "exact" | "ann";
  readonly shardId: number;
  readonly relation: string;
  readonly url: string;
}

export async function shardStatements(
  cluster: BenchCluster,
  address: string,
  { collection, dataset }: LoadedDataset,
  efSearch: number,
): Promise<ShardStatements> {
  const strategies = await readStrategies(address, collection, dataset);
  const owners = await readOwners(cluster, collection, { strategies, efSearch });
  return {
    of({ vector, namespaces: [namespace] }, { topK }) {
      const owner = owners.get(namespace as string) as Owner;
      const { text, values, prepare } = searchStatement({
        vector,
        metric: "cosine",
        quantization: "none",
        branches: [
          {
            ...owner,
            shardKeys: [namespace as string],
            limit: topK,
            efSearch,
            candidates: topK,
            bound: owner.strategy === "ann" ? { scanned: 10 * efSearch, taken: 2 * topK } : undefined,
          },
        ],
        mostRows: topK,
        wanted: { value: true, metadata: false, vector: false },
      });
      return { url: owner.url, text, values, prepare };
    },
    cannot: ({ queries }) =>
      queries.some(({ namespaces }) => namespaces.length !== 1) ? "one namespace only" : undefined,
  };
}

/** What the coordinator at `address` chose for each namespace. */
async function readStrategies(
  address: string,
  { name: collection }: BenchCollection,
  { namespaces, queries }: Dataset,
): Promise<ReadonlyMap<string, Owner["strategy"]>> {
  const client = createClient(address);
  try {
    const strategies = new Map<string, Owner["strategy"]>();
    for (const namespace of namespaces) {
      const vector = { f32Le: new Uint8Array((queries[0] as Float32Array).buffer) };
      const { profile } = await client.vector.search({
        collection,
        namespaces: [namespace],
        vector,
        includeProfile: true,
      });
      strategies.set(namespace, profile?.targets[0]?.strategy as Owner["strategy"]);
    }
    return strategies;
  } finally {
    client.close();
  }
}

async function readOwners(
  cluster: BenchCluster,
  { table }: BenchCollection,
  {
    strategies,
    efSearch,
  }: { readonly strategies: ReadonlyMap<string, Owner["strategy"]>; readonly efSearch: number },
): Promise<ReadonlyMap<string, Owner>> {
  const rows = await cluster.sql(
    `SELECT namespace, shardid::int AS shard, shard_name($1::regclass, shardid) AS relation, groupid
FROM unnest($2::text[]) AS namespace, get_shard_id_for_distribution_column($1::regclass, namespace) AS shardid
JOIN pg_dist_placement USING (shardid)`,
    [table, [...strategies.keys()]],
  );
  const urls = new Map(cluster.nodes.map(({ group, url }) => [group, withSessionSettings(url, efSearch)]));
  return new Map(
    rows.map(({ namespace, shard, relation, groupid }) => [
      String(namespace),
      {
        strategy: strategies.get(String(namespace)) ?? "ann",
        shardId: Number(shard),
        relation: `public.${quoteIdentifier(String(relation))}`,
        url: String(urls.get(Number(groupid))),
      },
    ]),
  );
}

/** As Orrery's own sessions; what else they set is set for the whole cluster (cluster.ts). */
function withSessionSettings(url: string, efSearch: number): string {
  const withOptions = new URL(url);
  const options = `-c hnsw.max_scan_tuples=100000 -c hnsw.iterative_scan=relaxed_order -c hnsw.ef_search=${efSearch}`;
  // Not by searchParams, which would write the space as a plus sign that libpq takes literally.
  withOptions.search = `?options=${encodeURIComponent(options)}`;
  return withOptions.href;
}
