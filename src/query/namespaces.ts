/** Which namespaces a collection has, and how large one is. */
import { OrreryError } from "../errors.ts";
import { compareUtf8 } from "../lib/compare-utf8.ts";
import { withCollection } from "../topology/collection-lookup.ts";
import { shardKeyOf } from "../topology/ring.ts";
import type { Collection } from "../topology/shard-map.ts";
import { assess } from "./completeness.ts";
import type { CountDeps } from "./count.ts";
import { type Target, targetsOfAll, targetsOfKeys } from "./plan/target.ts";
import { planReads, type TargetPlan } from "./plan/target-plan.ts";
import { targetBranch } from "./read.ts";
import { scatter } from "./scatter.ts";
import type { NamespaceInfo, QueryApi } from "./types.ts";

export function createListNamespaces(deps: CountDeps): QueryApi["listNamespaces"] {
  const { statements, relations } = deps;
  return ({ collection: name, after = "", limit }, context) =>
    withCollection(deps.topology, { collection: name }, context.signal, async (collection) => {
      const outcomes = await scatter(
        {
          collection,
          round: planReads(targetsOfAll(collection), "list"),
          read: {
            statement: (plans) =>
              statements.namespacesStatement({
                branches: plans.map(({ target }) => targetBranch(target, collection, relations)),
                after,
                limit,
              }),
            decode: statements.decodeNamespace,
          },
        },
        deps,
        context,
      );
      assess(outcomes, { allowPartial: false });
      return outcomes
        .flatMap(({ plan: { target }, rows }) =>
          rows.map(({ namespace }) => info(namespace, target, collection, deps)),
        )
        .sort((a, b) => compareUtf8(a.namespace, b.namespace))
        .slice(0, limit);
    });
}

export function createGetNamespace(deps: CountDeps): QueryApi["getNamespace"] {
  const { statements, relations } = deps;
  return ({ collection: name, namespace }, context) =>
    withCollection(deps.topology, { collection: name }, context.signal, async (collection) => {
      const outcomes = await scatter(
        {
          collection,
          round: planReads(targetsOfKeys(collection, [shardKeyOf(namespace)]), "other"),
          // One shard key has one target.
          read: {
            statement: ([plan]) => {
              const { target } = plan as TargetPlan;
              return statements.namespaceSizeStatement(targetBranch(target, collection, relations));
            },
            decode: (row) => ({ branch: 0, ...statements.decodeNamespaceSize(row) }),
          },
        },
        deps,
        context,
      );
      assess(outcomes, { allowPartial: false });
      const [outcome] = outcomes;
      const [size] = outcome?.rows ?? [];
      if (outcome === undefined || size === undefined || size.rows === 0n) {
        throw new OrreryError(
          "NAMESPACE_NOT_FOUND",
          `namespace ${JSON.stringify(namespace)} has no records`,
          {
            details: { metadata: { namespace } },
          },
        );
      }
      const { rows, estimatedBytes } = size;
      return { ...info(namespace, outcome.plan.target, collection, deps), rows, exact: true, estimatedBytes };
    });
}

function info(
  namespace: string,
  { shardId, group }: Target,
  collection: Collection,
  deps: CountDeps,
): NamespaceInfo {
  const estimatedRows = deps.estimates.shardKeyRows(collection, shardId, shardKeyOf(namespace));
  return { namespace, shardId, group, ...(estimatedRows === undefined ? {} : { estimatedRows }) };
}
