/** The production engine: a Citus cluster places the shards, its catalogs are the truth about them. */
import type { Logger } from "../../lib/logger.ts";
import { rowsOrThrow } from "../../shards/node-driver.ts";
import { withAdminSession, withAdminTransaction } from "../../shards/pg/admin-session.ts";
import type { Finding } from "../../topology/findings.ts";
import type { Collection, ShardId } from "../../topology/shard-map.ts";
import { catalogFindings, decodeCatalog, READ_CATALOG } from "../catalog.ts";
import { validateCollectionSpec } from "../collection-ddl.ts";
import type { CollectionSpec, Engine } from "../engine.ts";
import { keptNames } from "../shard-names.ts";
import { analyseNewShards } from "./analyse.ts";
import { createCalibrations } from "./calibrations.ts";
import { COORDINATOR_GROUP, checkNodes } from "./check.ts";
import { type CitusPlacementOptions, createCitusPlacement } from "./citus-placement.ts";
import { createCitusUpdates } from "./collection-updates.ts";
import { createCollection, dropCollection } from "./collections.ts";
import { createFinishedOperations } from "./finished-operations.ts";
import { renewIndexes } from "./half-indexes.ts";
import { createIndexBaselines } from "./index-baselines.ts";
import { migrate } from "./migrate.ts";
import { type CatalogSources, createMapReader } from "./read-map.ts";
import { recoverCommits } from "./recover-commits.ts";
import { repairNodes } from "./repair-nodes.ts";
import { qualified, shardRelation } from "./schema.ts";
import { raiseTerm } from "./sql/leadership.ts";
import { placedHere } from "./sql/placed-here.ts";

export interface CitusEngineOptions extends CatalogSources, CitusPlacementOptions {
  readonly defaultCollection: CollectionSpec;
  readonly logger: Logger;
}

export function createCitusEngine(options: CitusEngineOptions): Engine {
  const { coordinatorNode, nodes, admin, adminOf, logger } = options;
  const placement = createCitusPlacement(options);

  return {
    kind: "citus",
    placement,
    indexes: placement.changes,
    updates: createCitusUpdates({ admin, adminOf }),
    indexBaselines: createIndexBaselines(options),
    calibrations: createCalibrations(options),
    finished: createFinishedOperations(options),
    readMap: createMapReader(options),
    readRelation: keptNames(({ table }, shard) => shardRelation(table, shard)),
    isHere: placedHere,
    writeRelation: ({ table }) => qualified(table),

    async createCollection(spec, signal, confirm) {
      validateCollectionSpec(spec);
      await withAdminTransaction(admin, signal, (query) => createCollection(query, spec, { confirm }));
    },

    dropCollection: (name, signal, id) =>
      withAdminTransaction(admin, signal, (query) => dropCollection(query, name, id)),

    raiseTerm: (holder, signal) => withAdminSession(admin, signal, (query) => raiseTerm(query, holder)),

    async check(signal) {
      const catalog = decodeCatalog(rowsOrThrow(await coordinatorNode.run(READ_CATALOG, { signal })));
      const checked = await checkNodes(catalog, nodes, signal);
      const relationOf = ({ table }: Collection, shard: ShardId) => shardRelation(table, shard);
      const analysed = await analyseNewShards({ catalog, relationOf, adminOf }, signal);
      if (analysed.length > 0) logger.info({ shards: analysed }, "analysed new shards");
      const metadataNode = catalog.nodes.find(({ group }) => group === COORDINATOR_GROUP)?.name ?? "";
      const findings: Finding[] = [
        ...catalogFindings(catalog, metadataNode),
        ...checked.flatMap(({ finding }) => finding ?? []),
      ];
      const stuck = checked.find(({ stuckCommits }) => stuckCommits > 0);
      if (stuck !== undefined) {
        const { node, stuckCommits } = stuck;
        findings.push({ node: node.name, problem: "distributed commits are stuck in prepared state" });
        logger.warn({ node: node.name, stuckCommits }, "recovering prepared transactions");
        await recoverCommits(catalog, options, signal);
      }
      return findings;
    },

    migrate: (signal) =>
      withAdminSession(admin, signal, (query) => migrate(query, options.defaultCollection)),
    renewIndexes: (report, signal) =>
      withAdminSession(admin, signal, (query) => renewIndexes(query, report, signal)),
    repairNodes: (signal) => repairNodes(options, signal),
  };
}
