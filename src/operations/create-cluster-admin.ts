/** Changes of the cluster: checks, then a record that the leader finds. */
import type { ClusterNode } from "../engines/placement-changes.ts";
import { isOrreryError, OrreryError } from "../errors.ts";
import { runWithin } from "../lib/time-limit.ts";
import { whyUnfit } from "../servers/why-unfit.ts";
import { existing } from "../topology/collection-lookup.ts";
import { hashText, shardAt } from "../topology/ring.ts";
import { type Catalog, findCollection, primaryOf } from "../topology/shard-map.ts";
import type { AskedChange } from "./begin-change.ts";
import {
  type CheckDeps,
  checkSplittable,
  checkTarget,
  planDrain,
  refused,
  registeredNode,
  unfit,
} from "./changes/check-changes.ts";
import { reach, shardsOn, whatIsLost } from "./changes/lost-node.ts";
import { argumentsOfOptions, pendingMove } from "./changes/move-arguments.ts";
import { findShard } from "./changes/move-group.ts";
import { isAlone } from "./changes/split-jobs.ts";
import { checkSplitPoints } from "./changes/split-points.ts";
import type { ChangeRequest, ClusterAdminApi, NamespaceChangeRequest } from "./cluster-admin-api.ts";
import { dryRunOf } from "./dry-run.ts";
import type { Operations } from "./operations.ts";
import type { JsonObject, MoveProgress, Operation } from "./types.ts";

const CHECK_MS = 20_000;

export interface ClusterAdminDeps extends CheckDeps {
  readonly operations: Pick<Operations, "beginChange" | "findChange">;
  /** Whether the namespace has records. */
  readonly namespaceExists: (collection: string, namespace: string, signal: AbortSignal) => Promise<boolean>;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
}

const notChecked = () =>
  new OrreryError(
    "NODE_UNAVAILABLE",
    `the cluster could not be looked at in ${CHECK_MS} ms: nothing was done`,
  );

interface Checked {
  readonly facts?: JsonObject;
  readonly moves?: readonly MoveProgress[];
}

export function createClusterAdmin(deps: ClusterAdminDeps): ClusterAdminApi {
  const { changes, facts: placement, operations } = deps;

  const begin = async (
    { requestId, requestedBy, dryRun }: ChangeRequest,
    { kind, asked }: Omit<AskedChange, "requestId">,
    check: (signal: AbortSignal) => Promise<Checked>,
  ): Promise<Operation> => {
    const change = { kind, asked, requestId };
    const known = dryRun ? undefined : await operations.findChange(change);
    if (known !== undefined) return known;
    const { facts, moves } = await runWithin({ ms: CHECK_MS, reason: notChecked }, async (signal) => {
      // A schema that cannot keep pins and operations cannot have changes either: NODE_NOT_MIGRATED.
      await changes.readPins(signal);
      return check(signal);
    });
    const details = { ...(facts && { facts }), ...(moves && { moves }) };
    if (!dryRun) return operations.beginChange({ ...change, ...details, requestedBy });
    return dryRunOf(deps.epochMs(), { kind, arguments: { ...asked, ...facts }, requestedBy, moves });
  };

  const named = (request: NamespaceChangeRequest): JsonObject => ({
    collection: request.collection,
    namespace: request.namespace,
  });
  const shardOf = (catalog: Catalog, { collection: name, namespace }: NamespaceChangeRequest) => {
    const collection = existing(findCollection(catalog, name), name);
    return { collection, shard: shardAt(collection, hashText(namespace)) };
  };
  const mustHaveRecords = async ({ collection, namespace }: NamespaceChangeRequest, signal: AbortSignal) => {
    if (await deps.namespaceExists(collection, namespace, signal)) return;
    throw new OrreryError("NAMESPACE_NOT_FOUND", `namespace ${JSON.stringify(namespace)} has no records`);
  };

  return {
    moveShard(request) {
      const { shard: id, target, options } = request;
      const asked = { shard: id, target, ...argumentsOfOptions(options) };
      return begin(request, { kind: "move_shard", asked }, async (signal) => {
        const catalog = await changes.readCatalog(signal);
        const { collection, shard } = findShard(catalog, id);
        await checkTarget(deps, { shard, target }, signal);
        const source = primaryOf(catalog, shard.group)?.name ?? "";
        return {
          facts: { collection: collection.name },
          moves: [pendingMove({ shard: id, collection: collection.name, source, target })],
        };
      });
    },

    splitShard(request) {
      const { shard: id, splitPoints } = request;
      const asked = { shard: id, split_points: splitPoints };
      return begin(request, { kind: "split_shard", asked }, async (signal) => {
        const catalog = await changes.readCatalog(signal);
        const { collection, shard } = findShard(catalog, id);
        const { min, max } = shard;
        checkSplitPoints(splitPoints, shard);
        await checkSplittable(changes, primaryOf(catalog, shard.group)?.name ?? "", signal);
        return { facts: { collection: collection.name, min, max } };
      });
    },

    isolateNamespace(request) {
      const { target, options } = request;
      const asked = {
        ...named(request),
        ...(target !== undefined && { target }),
        ...argumentsOfOptions(options),
      };
      return begin(request, { kind: "isolate_namespace", asked }, async (signal) => {
        const catalog = await changes.readCatalog(signal);
        const { shard } = shardOf(catalog, request);
        const { id, min, max, group } = shard;
        if (isAlone(shard))
          throw refused(`namespace ${JSON.stringify(request.namespace)} has shard ${id} for itself already`);
        await mustHaveRecords(request, signal);
        await checkSplittable(changes, primaryOf(catalog, group)?.name ?? "", signal);
        const node = target && registeredNode(await changes.readNodes(signal), target);
        if (target !== undefined && (node as ClusterNode).group !== group) {
          await checkTarget(deps, { shard, target }, signal);
        }
        return { facts: { shard: id, min, max } };
      });
    },

    pinNamespace(request) {
      const { target, options } = request;
      const asked = { ...named(request), target, ...argumentsOfOptions(options) };
      return begin(request, { kind: "update_namespace", asked }, async (signal) => {
        const catalog = await changes.readCatalog(signal);
        const { collection, shard } = shardOf(catalog, request);
        const node = registeredNode(await changes.readNodes(signal), target);
        const pins = (await changes.readPins(signal)).filter((pin) => pin.collection === collection.id);
        const contrary = pins.find(
          (pin) =>
            pin.namespace !== request.namespace &&
            pin.group !== node.group &&
            shardAt(collection, hashText(pin.shardKey)).id === shard.id,
        );
        if (contrary !== undefined) {
          throw refused(
            `namespace ${JSON.stringify(contrary.namespace)} of the same shard group is pinned to node group ${contrary.group}: isolate one of them first`,
          );
        }
        const before = pins.find(({ namespace }) => namespace === request.namespace);
        const facts = { shard: shard.id, ...(before && { pinned_to: before.group }) };
        if (node.group === shard.group) {
          if (node.role === "primary" && !node.mayHoldShards) throw refused(`${target} is to be emptied`);
          return { facts };
        }
        await checkTarget(withoutPinsOf(deps, request), { shard, target }, signal);
        const source = primaryOf(catalog, shard.group)?.name ?? "";
        return {
          facts,
          moves: [pendingMove({ shard: shard.id, collection: collection.name, source, target })],
        };
      });
    },

    unpinNamespace(request) {
      return begin(request, { kind: "update_namespace", asked: named(request) }, async (signal) => {
        const { shard } = shardOf(await changes.readCatalog(signal), request);
        return { facts: { shard: shard.id } };
      });
    },

    addNode(request) {
      const { node, standbyOfGroup } = request;
      const asked = { node, ...(standbyOfGroup !== undefined && { standby_of_group: standbyOfGroup }) };
      return begin(request, { kind: "add_node", asked }, async (signal) => {
        const catalog = await changes.readCatalog(signal);
        if ((await changes.readNodes(signal)).some(({ name }) => name === node)) {
          throw unfit(node, [`${node} is a node of the cluster already`]);
        }
        const primary = standbyOfGroup === undefined ? undefined : primaryOf(catalog, standbyOfGroup);
        if (standbyOfGroup !== undefined && primary === undefined) {
          throw new OrreryError("NODE_NOT_FOUND", `there is no node group ${standbyOfGroup}`);
        }
        const coordinator = primaryOf(catalog, placement.coordinatorGroup);
        if (coordinator === undefined) throw unfit(node, ["the Citus coordinator node is not registered"]);
        const reference = await changes.serverFacts(coordinator.name, signal);
        const noRight = placement.whyNoNodeIsAdded(reference);
        if (noRight !== undefined) throw new OrreryError("NODE_NOT_MIGRATED", noRight);
        const facts = await changes.serverFacts(node, signal).catch((error: unknown) => {
          throw isOrreryError(error) ? unfit(node, [`${node} cannot be used: ${error.message}`]) : error;
        });
        const reasons = whyUnfit(node, facts, { reference, standbyOf: primary?.group });
        if (reasons.length > 0) throw unfit(node, reasons);
        return { facts: { read_only: facts.readOnly, ...(primary && { standby_of: primary.name }) } };
      });
    },

    drainNode(request) {
      const { node, options } = request;
      const asked = { node, ...argumentsOfOptions(options) };
      return begin(request, { kind: "drain_node", asked }, async (signal) => {
        const { role } = registeredNode(await changes.readNodes(signal), node);
        if (role === "standby") throw refused(`${node} is a standby: it holds what its primary does`);
        return { moves: (await planDrain(deps, node, signal)).map(pendingMove) };
      });
    },

    restoreNode(request) {
      const { node } = request;
      return begin(request, { kind: "restore_node", asked: { node } }, async (signal) => {
        const known = registeredNode(await changes.readNodes(signal), node);
        if (known.role === "standby") throw refused(`${node} is a standby`);
        return {};
      });
    },

    removeNode(request) {
      const { node, force } = request;
      return begin(request, { kind: "remove_node", asked: { node, force } }, async (signal) => {
        const nodes = await changes.readNodes(signal);
        const { group, role, shards } = registeredNode(nodes, node);
        if (group === placement.coordinatorGroup && role === "primary") {
          throw refused(`${node} is the Citus coordinator node`);
        }
        const reached = await reach(changes, node, signal);
        if (role === "primary") {
          const standby = nodes.find((other) => other.group === group && other.role === "standby");
          if (shards > 0 && "silence" in reached) {
            throw refused(
              whatIsLost(node, { held: shardsOn(await changes.readCatalog(signal), group), standby }),
            );
          }
          if (standby !== undefined) throw refused(`${node} has a standby, ${standby.name}: remove it first`);
          if (shards > 0) throw refused(`${node} holds ${shards} shards: drain it first`);
          const pinned = (await changes.readPins(signal)).filter((pin) => pin.group === group);
          if (pinned.length > 0) {
            throw refused(
              `${pinned.length} namespaces are pinned to ${node}, ${JSON.stringify(pinned[0]?.namespace)} for one`,
            );
          }
        }
        if ("silence" in reached && !force) {
          throw refused(
            `${node} cannot be reached (${reached.silence}). By force it is removed without being told: should it come back, clients that still reach it would write by what it last knew, and what only it holds is lost`,
          );
        }
        if ("facts" in reached && role === "primary" && !reached.facts.ownsDatabase) {
          throw unfit(node, [
            `Orrery's admin role does not own the database at ${node}, so it could not be made read-only`,
          ]);
        }
        return { facts: { role, unreachable: "silence" in reached } };
      });
    },

    startRebalance(request) {
      const { planId, planToStart, options, noMoveAfterMs } = request;
      const asked = {
        plan: planId,
        ...argumentsOfOptions(options),
        ...(noMoveAfterMs !== undefined && { no_move_after_ms: noMoveAfterMs }),
      };
      return begin(request, { kind: "rebalance", asked }, async (signal) => {
        const plan = await planToStart(planId, signal);
        return {
          facts: { imbalance_before: plan.imbalanceBefore, imbalance_after: plan.imbalanceAfter },
          moves: plan.moves.map(pendingMove),
        };
      });
    },
  };
}

/** The pin that is about to be replaced speaks against nothing. */
function withoutPinsOf(deps: ClusterAdminDeps, request: NamespaceChangeRequest): CheckDeps {
  return {
    ...deps,
    inventory: async (signal) => {
      const known = await deps.inventory(signal);
      const pins = known.pins.filter(
        ({ collection, namespace }) => collection !== request.collection || namespace !== request.namespace,
      );
      return { ...known, pins };
    },
  };
}
