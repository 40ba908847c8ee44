/** The production engine: a Citus cluster places the shards, its catalogs are the truth about them. */
import { OrreryError } from "../../errors.ts";
import type { Logger } from "../../lib/logger.ts";
import { quoteIdentifier } from "../../lib/quote-identifier.ts";
import { withTimeLimit } from "../../lib/time-limit.ts";
import { type NodeDriver, type NodeRunner, rowsOrThrow } from "../../shards/node-driver.ts";
import { type AdminOptions, withAdminSession, withAdminTransaction } from "../../shards/pg/admin-session.ts";
import type { Row, Statement } from "../../shards/statement.ts";
import type { Catalog, Collection, GroupId, ShardId } from "../../topology/shard-map.ts";
import { decodeCatalog, READ_CATALOG } from "../catalog.ts";
import { validateCollectionSpec } from "../collection-ddl.ts";
import type { CollectionSpec, Engine, Finding } from "../engine.ts";
import { analyseNewShards } from "./analyse.ts";
import { lookAtNodes } from "./check.ts";
import { createCitusChanges } from "./citus-changes.ts";
import { createCollection, dropCollection, SCHEMA } from "./collections.ts";
import { createIndexBaselines } from "./index-baselines.ts";
import { migrate } from "./migrate.ts";
import { repairNodes } from "./repair-nodes.ts";

export interface CitusEngineOptions {
  /** The Citus coordinator node by its configured URL, whatever the map says. */
  readonly coordinatorNode: NodeDriver;
  /** The nodes of the present map. */
  readonly nodes: NodeRunner;
  /**
   * Groups of the present map that may be asked for the catalogs when the coordinator node does not answer.
   */
  readonly metadataGroups: () => readonly GroupId[];
  /** Sessions on the Citus coordinator node as a role that may change the schema. */
  readonly admin: AdminOptions;
  /** The same for a node by its name in the catalogs. */
  readonly adminOf: (node: string) => AdminOptions;
  readonly defaultCollection: CollectionSpec;
  /** Parallel workers of each build of an index by a move, a split or an isolation. */
  readonly indexWorkers: number;
  readonly logger: Logger;
}

/** How long one node may take to send its catalogs before the next is asked. */
const READ_CATALOG_MS = 3_000;

export function createCitusEngine(options: CitusEngineOptions): Engine {
  const { coordinatorNode, nodes, admin, logger } = options;

  const readMap: Engine["readMap"] = async ({ signal, from }) => {
    let last: unknown;
    for (const ask of sources(options, from)) {
      const limit = withTimeLimit(
        signal,
        READ_CATALOG_MS,
        () => new OrreryError("NODE_UNAVAILABLE", "no catalogs in time"),
      );
      try {
        return decodeCatalog(await ask(READ_CATALOG, limit.signal));
      } catch (error) {
        signal.throwIfAborted();
        last = error;
      } finally {
        limit.clear();
      }
    }
    throw new OrreryError("MAP_UNAVAILABLE", `no node sends its catalogs: ${textOf(last)}`, { cause: last });
  };

  return {
    kind: "citus",
    changes: createCitusChanges(options),
    indexBaselines: createIndexBaselines(options),
    readMap,
    readRelation: ({ table }, shard) => shardRelation(table, shard),
    writeRelation: ({ table }) => `${quoteIdentifier(SCHEMA)}.${quoteIdentifier(table)}`,

    async createCollection(spec, signal, confirm) {
      validateCollectionSpec(spec);
      await withAdminTransaction(admin, signal, (query) => createCollection(query, spec, { confirm }));
    },

    dropCollection: (name, signal, id) =>
      withAdminTransaction(admin, signal, (query) => dropCollection(query, name, id)),

    raiseTerm: (holder, signal) =>
      withAdminSession(admin, signal, async (query) => {
        const [row] = await query(
          "UPDATE orrery.leadership SET term = term + 1, holder = $1, since = now() RETURNING term",
          [holder],
        );
        return Number(row?.term);
      }),

    async check(signal) {
      const catalog = decodeCatalog(rowsOrThrow(await coordinatorNode.run(READ_CATALOG, { signal })));
      const looks = await lookAtNodes(catalog, nodes, signal);
      const relationOf = ({ table }: Collection, shard: ShardId) => shardRelation(table, shard);
      const analysed = await analyseNewShards({ catalog, relationOf, adminOf: options.adminOf }, signal);
      if (analysed.length > 0) logger.info({ shards: analysed }, "analysed new shards");
      const findings: Finding[] = looks.flatMap(({ finding }) => finding ?? []);
      for (const { node, stuckCommits } of looks) {
        if (stuckCommits === 0) continue;
        findings.push({
          node: node.name,
          problem: "distributed commits are stuck in prepared state",
        });
        logger.warn({ node: node.name, stuckCommits }, "recovering prepared transactions");
        // Whoever started the commit recovers it; only that node knows how it was decided.
        await recoverEverywhere(options, catalog, signal);
        break;
      }
      return findings;
    },

    migrate: (signal) =>
      withAdminSession(admin, signal, (query) => migrate(query, options.defaultCollection)),
    repairNodes: (signal) => repairNodes(options, signal),
  };
}

/** As Citus names it. */
function shardRelation(table: string, shard: ShardId): string {
  return `${quoteIdentifier(SCHEMA)}.${quoteIdentifier(`${table}_${shard}`)}`;
}

type Ask = (statement: Statement, signal: AbortSignal) => Promise<readonly Row[]>;

/**
 * The node that refused knows most about what it refused; the coordinator node is where moves are decided.
 */
function sources(options: CitusEngineOptions, from: GroupId | undefined): readonly Ask[] {
  const group =
    (id: GroupId): Ask =>
    async (statement, signal) =>
      rowsOrThrow(await options.nodes.runOn(id, statement, { signal }));
  const others = options.metadataGroups().filter((id) => id !== from);
  return [
    ...(from === undefined ? [] : [group(from)]),
    async (statement, signal) => rowsOrThrow(await options.coordinatorNode.run(statement, { signal })),
    ...others.map(group),
  ];
}

async function recoverEverywhere(
  options: CitusEngineOptions,
  catalog: Catalog,
  signal: AbortSignal,
): Promise<void> {
  for (const { name, role } of catalog.nodes) {
    if (role !== "primary") continue;
    try {
      await withAdminSession(options.adminOf(name), signal, (query) =>
        query("SELECT recover_prepared_transactions()"),
      );
    } catch (error) {
      options.logger.warn({ node: name, error: textOf(error) }, "could not recover prepared transactions");
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
