/** PlacementChanges over Citus: which node each statement runs on; the statements are in `sql/`. */
import { isOrreryError, OrreryError } from "../../errors.ts";
import { runWithin } from "../../lib/time-limit.ts";
import { type NodeDriver, rowsOrThrow } from "../../shards/node-driver.ts";
import { type AdminOptions, type AdminQuery, withAdminSession } from "../../shards/pg/admin-session.ts";
import { decodeCatalog, READ_CATALOG } from "../catalog.ts";
import type { PlacementChanges } from "../placement-changes.ts";
import { readIndexBuild } from "../vector-index.ts";
import { setIndexWorkers } from "./index-workers.ts";
import { runLongStatement } from "./long-statements.ts";
import * as nodeChanges from "./node-changes.ts";
import { readStatement } from "./read-statement.ts";
import { analyseRelations } from "./sql/analyse.ts";
import { readCandidate } from "./sql/candidate.ts";
import { cleanUp } from "./sql/clean-up.ts";
import { readHashWeights } from "./sql/hash-weights.ts";
import { setMayHoldShards } from "./sql/may-hold-shards.ts";
import { needsRightsOnNodes, readMissingOnNode, readMissingRights } from "./sql/missing-rights.ts";
import { addMove } from "./sql/move-history.ts";
import { cancelStatement, isUnderWay } from "./sql/named-session.ts";
import { readNodes } from "./sql/node-list.ts";
import * as pins from "./sql/pins.ts";
import { hasReferenceTables } from "./sql/reference-tables.ts";
import { readReplicationLag } from "./sql/replication-lag.ts";
import { readRights } from "./sql/rights.ts";
import { readShardSize } from "./sql/shard-size.ts";
import { readTransfers } from "./sql/transfers.ts";
import * as indexes from "./sql/vector-index.ts";

/** For each node, so that one that hangs does not hide the others. */
const NODE_MS = 5_000;

const noAnswer = () => new OrreryError("NODE_UNAVAILABLE", `it says nothing for ${NODE_MS} ms`);

export interface CitusChangesOptions {
  readonly coordinatorNode: NodeDriver;
  readonly admin: AdminOptions;
  readonly adminOf: (node: string) => AdminOptions;
  /** Parallel workers of each build of an index by a change. */
  readonly indexWorkers: number;
}

export function createCitusChanges({
  coordinatorNode,
  admin,
  adminOf,
  indexWorkers: workers,
}: CitusChangesOptions): PlacementChanges {
  const here = <T>(signal: AbortSignal, use: (query: AdminQuery) => Promise<T>) =>
    withAdminSession(admin, signal, use);
  const at = <T>(node: string, signal: AbortSignal, use: (query: AdminQuery) => Promise<T>) =>
    withAdminSession(adminOf(node), signal, use);

  return {
    readCatalog: async (signal) =>
      decodeCatalog(rowsOrThrow(await coordinatorNode.run(READ_CATALOG, { signal }))),
    readNodes: (signal) => here(signal, readNodes),

    async runStatement(statement, options, signal) {
      // On a session of its own: Citus would build on a connection that it opened before, with the settings
      // of that time.
      await here(signal, (query) => setIndexWorkers(query, statement, { workers, term: options.term }));
      await runLongStatement(admin, statement, options, signal);
    },
    isUnderWay: (session, signal) => here(signal, (query) => isUnderWay(query, session)),
    cancelStatement: ({ session, ...options }, signal) =>
      here(signal, (query) => cancelStatement(query, session, options)),
    readStatement: (session, signal) => readStatement({ admin, adminOf }, session, signal),
    transfers: (signal) => here(signal, readTransfers),
    indexBuild: (node, relation, signal) => at(node, signal, (query) => readIndexBuild(query, relation)),
    vectorIndex: (node, relation, signal) =>
      at(node, signal, (query) => indexes.readVectorIndex(query, relation)),
    setGraph: ({ node, index, graph }, term, signal) =>
      here(signal, (query) => indexes.setGraph(query, { node, term }, index, graph)),
    recordGraph: (wanted, term, signal) => here(signal, (query) => indexes.recordGraph(query, wanted, term)),
    dropIndex: ({ node, index }, term, signal) =>
      here(signal, (query) => indexes.dropIndex(query, { node, term }, index)),
    cancelBuilds: ({ node, relation }, term, signal) =>
      here(signal, (query) => indexes.cancelBuilds(query, { node, term }, relation)),
    async replicationLags(signal) {
      const nodes = await here(signal, readNodes);
      const primaries = nodes.filter(({ role, active }) => role === "primary" && active);
      return Promise.all(
        primaries.map(({ name: node }) => {
          return runWithin({ ms: NODE_MS, reason: noAnswer, signal }, (limited) =>
            at(node, limited, (query) => readReplicationLag(query, node)),
          ).catch((error: unknown) => {
            signal.throwIfAborted();
            if (!isOrreryError(error)) throw error;
            return { node, unknown: error.message };
          });
        }),
      );
    },

    shardSize: (node, relation, signal) => at(node, signal, (query) => readShardSize(query, relation)),
    hashWeights: (node, relation, signal) => at(node, signal, (query) => readHashWeights(query, relation)),
    analyse: (node, relations, signal) => at(node, signal, (query) => analyseRelations(query, relations)),
    cleanUp: (term, signal) => here(signal, (query) => cleanUp(query, term)),
    recordMove: (move, term, signal) => here(signal, (query) => addMove(query, move, term)),

    async serverFacts(node, signal) {
      const [row] = await here(signal, (query) =>
        query("SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms"),
      );
      const readAt = performance.now();
      const clockMs = () => Number(row?.ms) + performance.now() - readAt;
      return at(node, signal, (query) => readCandidate(query, clockMs));
    },
    addNode: (node, options, signal) => here(signal, (query) => nodeChanges.addNode(query, node, options)),
    hasReferenceTables: (node, signal) => here(signal, (query) => hasReferenceTables(query, node)),
    async missingRights(change, signal) {
      const found = await here(signal, (query) => readMissingRights(query, change));
      if (!needsRightsOnNodes(change)) return found;
      const nodes = (await here(signal, readNodes)).filter(({ role }) => role === "primary");
      const onNodes = await Promise.all(
        nodes.map(({ name: node }) =>
          runWithin({ ms: NODE_MS, reason: noAnswer, signal }, (limited) =>
            at(node, limited, (query) => readMissingOnNode(query, change, node)),
          ).catch((error: unknown) => {
            // A node that is lost is to be removed all the same.
            signal.throwIfAborted();
            if (!isOrreryError(error)) throw error;
            return [];
          }),
        ),
      );
      return { ...found, missing: [...found.missing, ...onNodes.flat()] };
    },
    async setRights(node, term, signal) {
      const present = await at(node, signal, readRights);
      await here(signal, (query) => nodeChanges.setRights(query, node, { present, term }));
    },
    removeNode: (node, options, signal) =>
      here(signal, (query) => nodeChanges.removeNode(query, node, options)),
    setMayHoldShards: (node, options, signal) =>
      here(signal, (query) => setMayHoldShards(query, node, options)),
    setWritable: (node, options, signal) =>
      here(signal, (query) => nodeChanges.setWritable(query, node, options)),
    endSessions: (node, term, signal) => here(signal, (query) => nodeChanges.endSessions(query, node, term)),

    readPins: (signal) => here(signal, pins.readPins),
    putPin: (pin, term, signal) => here(signal, (query) => pins.putPin(query, pin, term)),
    removePin: (pin, term, signal) => here(signal, (query) => pins.removePin(query, pin, term)),
  };
}
