/**
 * Finds out what `orrery doctor` judges: what each node runs, and whether etcd answers. Part of the
 * composition root.
 */

import { DEFAULT_COLLECTION, whyDimensionUnused } from "../config/default-collection.ts";
import type { Config } from "../config/load.ts";
import { indexWorkers, searchSettings } from "../config/search-settings.ts";
import { SCHEMA as CITUS_SCHEMA } from "../engines/citus/schema.ts";
import { readNodeNames } from "../engines/citus/sql/node-names.ts";
import { showShards } from "../engines/citus/sql/show-shards.ts";
import { SCHEMA } from "../engines/fixed/collections.ts";
import { knownSchema } from "../engines/read-migrations.ts";
import { isOrreryError } from "../errors.ts";
import type { Logger } from "../lib/logger.ts";
import { withReleasers } from "../lib/releasers.ts";
import { type AdminQuery, withAdminSession } from "../shards/pg/admin-session.ts";
import { nodeUrl } from "../shards/pg/node-url.ts";
import { isPoolerError } from "../shards/pg/refuse-pooler.ts";
import { startEtcdStore } from "../topology/etcd-store.ts";
import type { AdminFacts, ClusterFacts, NodeFacts } from "./cluster-facts.ts";
import { type AskedNode, askAdmin, askNode } from "./inspect-node.ts";
import { judgeParameters, type NamedCollection, readCollections } from "./inspect-parameters.ts";
import { readMisplanned } from "./inspect-plans.ts";

const TIMEOUT_MS = 10_000;

interface InspectedNode {
  readonly name: string;
  readonly url: string;
  /** Citus knows it and does not use it. */
  readonly inactive?: boolean;
}

/** Never throws for a node or an etcd that does not answer: that is a fact too. */
export async function inspectCluster(config: Config, logger: Logger): Promise<ClusterFacts> {
  const { engine } = config;
  const listed = await listNodes(config);
  const inspected = await Promise.all(listed.map((node) => inspectNode(node, config)));
  const collections = await listCollections(listed, inspected);
  const parameters = collections.length === 0 ? undefined : judge(collections, inspected, config);
  const named = inspected.map((node) => withCollections(node, collections));
  const nodes = await Promise.all(named.map((node, at) => withPlans(node, listed[at], collections, config)));
  const answering = listed.filter((_, index) => inspected[index]?.server !== undefined);
  const unusedSettings = await inspectSettings(answering, config);
  const schema = knownSchema(engine === "citus" ? "citus" : "postgres");
  const etcd = config.etcd.endpoints.length === 0 ? undefined : await inspectEtcd(config, logger);
  return {
    engine,
    schema,
    nodes,
    unusedSettings,
    poolMax: config.pool.max,
    ...(parameters === undefined ? {} : { parameters }),
    ...(collections.length > 0 && { collections: collections.map(({ name, lacks }) => ({ name, lacks })) }),
    ...(etcd === undefined ? {} : { etcd }),
  };
}

/**
 * The configured nodes, and with Citus all that its catalogs name. The embedded ones live in the serving
 * process.
 */
async function listNodes({ engine, citus, postgres, node }: Config): Promise<readonly InspectedNode[]> {
  if (engine === "postgres") return postgres.urls.map((url) => ({ name: new URL(url).host, url }));
  const { url } = citus;
  if (engine === "embedded" || url === undefined) return [];
  const coordinator = { name: new URL(url).host, url };
  try {
    const nodes = await ask(coordinator, readNodeNames);
    return nodes.length === 0
      ? [coordinator]
      : nodes.map(({ name, active }) => ({
          name,
          url: nodeUrl(url, name, node.addresses),
          inactive: !active,
        }));
  } catch {
    return [coordinator]; // its own inspection finds what is wrong with it
  }
}

/** Of all nodes that answer: with Citus each has the list of collections, otherwise one of them. */
async function listCollections(
  listed: readonly InspectedNode[],
  nodes: readonly (NodeFacts | AskedNode)[],
): Promise<readonly NamedCollection[]> {
  const answering = listed.filter(({ name }) => nodes.some((node) => isAsked(node) && node.name === name));
  const known = await Promise.all(answering.map((node) => ask(node, readCollections).catch(() => [])));
  return [...new Map(known.flat().map((collection) => [collection.table, collection])).values()];
}

function isAsked(node: NodeFacts | AskedNode): node is AskedNode {
  return "memory" in node;
}

function judge(
  collections: readonly NamedCollection[],
  nodes: readonly (NodeFacts | AskedNode)[],
  config: Config,
): ClusterFacts["parameters"] {
  const asked = nodes.filter(isAsked);
  // One that Citus does not use may hold shards all the same.
  const unknownNodes = nodes.filter((node) => !isAsked(node)).map(({ name }) => name);
  const advice = judgeParameters(
    collections,
    { nodes: asked, isComplete: unknownNodes.length === 0 },
    {
      searches: searchSettings(config),
      indexWorkers: indexWorkers(config),
      shardsMove: config.engine === "citus",
    },
  );
  return { advice, unknownNodes };
}

function withCollections(
  node: NodeFacts | AskedNode,
  collections: readonly NamedCollection[],
): NodeFacts | AskedNode {
  if (node.shards === undefined) return node;
  const shards = node.shards.map((shard) => {
    const found = collections.find(({ table }) => shard.table.replace(/_\d+$/, "") === table);
    if (found === undefined) return shard;
    return {
      ...shard,
      collection: found.name,
      ...(found.indexed === undefined && { unindexed: true as const }),
    };
  });
  return { ...node, shards };
}

/** A login that may not read the shards finds out nothing of their plans. */
async function withPlans(
  node: NodeFacts | AskedNode,
  listed: InspectedNode | undefined,
  collections: readonly NamedCollection[],
  { engine }: Config,
): Promise<NodeFacts | AskedNode> {
  const { shards } = node;
  if (shards === undefined || listed === undefined) return node;
  const schema = engine === "citus" ? CITUS_SCHEMA : SCHEMA;
  const misplanned = await ask(listed, async (query) => {
    if (engine === "citus") await showShards(query);
    return readMisplanned(query, collections, { schema, shards });
  }).catch(() => undefined);
  return misplanned === undefined ? node : { ...node, misplanned };
}

/** By the first node that has the list of collections. */
async function inspectSettings(
  listed: readonly InspectedNode[],
  config: Config,
): Promise<ClusterFacts["unusedSettings"] & {}> {
  const text = "SELECT dimension FROM orrery.collections WHERE name = $1";
  for (const node of listed) {
    const [row] = await ask(node, (query) => query(text, [DEFAULT_COLLECTION])).catch(() => []);
    if (row === undefined) continue;
    const why = whyDimensionUnused(config, Number(row.dimension));
    return why === undefined ? [] : [{ setting: "collection.defaultDimension", why }];
  }
  return [];
}

async function inspectNode(node: InspectedNode, config: Config): Promise<NodeFacts | AskedNode> {
  const { engine } = config;
  try {
    // Citus does not use it, so its state does not matter yet.
    if (node.inactive === true) return { name: node.name, inactive: true };
    const asked = await ask(node, (query) => askNode(query, { name: node.name, engine, epochMs: Date.now }));
    const admin = await inspectAdmin(node, config);
    return admin === undefined ? asked : { ...asked, admin };
  } catch (error) {
    const saysWhatToDo = isOrreryError(error, "NODE_NOT_MIGRATED") || isPoolerError(error);
    return { name: node.name, error: reasonOf(error), ...(saysWhatToDo && { saysWhatToDo }) };
  }
}

/** undefined where no role changes the cluster, or moves are not limited by the lag of standbys. */
async function inspectAdmin(
  { name }: InspectedNode,
  { engine, citus, node, rebalance }: Config,
): Promise<AdminFacts | undefined> {
  const url = citus.adminUrl;
  if (engine !== "citus" || url === undefined || rebalance.maxLagBytes === 0) return undefined;
  try {
    return await ask({ name, url: nodeUrl(url, name, node.addresses) }, askAdmin);
  } catch (error) {
    return { error: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof DOMException && error.name === "TimeoutError")
    return `did not answer within ${TIMEOUT_MS / 1000} s`;
  return error instanceof Error ? error.message : String(error);
}

function ask<T>({ name, url }: InspectedNode, use: (query: AdminQuery) => Promise<T>): Promise<T> {
  return withAdminSession(
    { node: name, url, connectTimeoutMs: TIMEOUT_MS },
    AbortSignal.timeout(TIMEOUT_MS),
    use,
  );
}

async function inspectEtcd(
  { etcd, topology }: Config,
  logger: Logger,
): Promise<NonNullable<ClusterFacts["etcd"]>> {
  const { value, stop } = await withReleasers(async (defer) => {
    const store = startEtcdStore({ ...etcd, leaseTtlSeconds: topology.leaseTtlSeconds, logger });
    defer("etcd", () => store.close());
    return store.load().then(
      () => versionOf(etcd.endpoints),
      (error: unknown) => ({ error: reasonOf(error) }),
    );
  });
  await stop();
  return value;
}

/** etcd gives its version without authentication; an endpoint that gives none is not judged. */
async function versionOf(endpoints: readonly string[]): Promise<{ readonly version?: string }> {
  for (const endpoint of endpoints) {
    const url = `${endpoint.includes("://") ? "" : "http://"}${endpoint}/version`;
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      const { etcdserver } = (await response.json()) as { readonly etcdserver?: string };
      if (etcdserver !== undefined) return { version: etcdserver };
    } catch {
      // The next one may.
    }
  }
  return {};
}
