/** Gives a namespace a shard group of its own, on a node that may be chosen. */
import { OrreryError } from "../../errors.ts";
import { hashText } from "../../topology/ring.ts";
import type { HashRange } from "../../topology/shard-map.ts";
import type { MoveOptions } from "../change-request.ts";
import type { ChangeDefinition } from "./change-definition.ts";
import { type AskedPiece, pointsAround, rangesBetween } from "./cut-pieces.ts";
import { runCut } from "./cut-shard.ts";
import { shardOfNamespace } from "./find-in-catalog.ts";
import { argumentsOfOptions } from "./move-arguments.ts";
import { planCut } from "./plan-cut.ts";
import { refused } from "./refusals.ts";

export interface IsolateNamespaceSpec {
  readonly collection: string;
  readonly namespace: string;
  /** Name of the node that gets the namespace; undefined: any. */
  readonly target?: string;
  readonly options: MoveOptions;
}

/**
 * COLLECTION_NOT_FOUND, NAMESPACE_NOT_FOUND, PLACEMENT_REFUSED (isolated already), and what `planCut` throws.
 */
export const isolateNamespace: ChangeDefinition<IsolateNamespaceSpec> = {
  kind: "isolate_namespace",
  title: "isolate namespaces",
  reach: { touches: "cut", onCollision: "waits" },
  rights: "transfers",
  argumentsOf: ({ collection, namespace, target, options }) => ({
    collection,
    namespace,
    ...(target !== undefined && { target }),
    ...argumentsOfOptions(options),
  }),

  async check(spec, deps, signal) {
    const { namespace, target, options } = spec;
    const { collection, shard } = shardOfNamespace(await deps.changes.readCatalog(signal), spec);
    const quoted = JSON.stringify(namespace);
    if (shard.min === shard.max) {
      throw refused(`namespace ${quoted} has shard ${shard.id} for itself already`);
    }
    if (!(await deps.namespaceExists(collection.name, namespace, signal))) {
      throw new OrreryError("NAMESPACE_NOT_FOUND", `namespace ${quoted} has no records`);
    }
    const hash = hashText(namespace);
    const pieces = askedPieces(rangesBetween(pointsAround(hash, shard), shard), { hash, target });
    return planCut(deps, { collection, shard, pieces, transferMode: options.transferMode }, signal);
  },

  cancellation: "handled",
  run(deps, context) {
    const { namespace, target: asked } = context.operation.arguments;
    const hash = hashText(String(namespace));
    const target = asked === undefined ? undefined : String(asked);
    return runCut(deps, context, {
      kind: "isolate",
      points: (range) => pointsAround(hash, range),
      asked: (ranges) => askedPieces(ranges, { hash, target }),
      result: (pieces) => ({ shard: pieces.find(({ min, max }) => min <= hash && hash <= max)?.id ?? 0 }),
    });
  },
};

function askedPieces(
  ranges: readonly HashRange[],
  { hash, target }: { readonly hash: number; readonly target: string | undefined },
): readonly AskedPiece[] {
  return ranges.map((range) => ({
    range,
    target: range.min === hash && range.max === hash ? target : undefined,
  }));
}
