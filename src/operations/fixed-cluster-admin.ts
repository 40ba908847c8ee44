/**
 * Changes of a cluster whose placement is fixed: indexes are built anew, everything else is refused by name.
 */
import type { IndexChanges } from "../engines/placement-changes.ts";
import { OrreryError } from "../errors.ts";
import { type ReindexShardSpec, reindexShard } from "./changes/reindex-shard.ts";
import type { ClusterAdminApi } from "./cluster-admin-api.ts";
import { beginChecked, type ClusterAdminDeps } from "./create-cluster-admin.ts";

export interface FixedClusterAdminDeps extends Pick<ClusterAdminDeps, "operations" | "epochMs"> {
  readonly engine: string;
  readonly changes: IndexChanges;
}

export function createFixedClusterAdmin(deps: FixedClusterAdminDeps): ClusterAdminApi {
  return {
    async begin({ kind, title }, spec, request) {
      if (kind !== reindexShard.kind) throw unsupported(deps.engine, { kind, title });
      // The kind says what the spec is of.
      const wanted = spec as ReindexShardSpec;
      return beginChecked(
        { kind, asked: reindexShard.argumentsOf(wanted) },
        (signal) => reindexShard.check(wanted, deps, signal),
        { ...deps, request },
      );
    },
  };
}

function unsupported(
  engine: string,
  { kind, title }: { readonly kind: string; readonly title: string },
): OrreryError {
  const way =
    kind === "remove_node"
      ? ". A node that holds nothing leaves when it is not configured any more and `orrery migrate` has run; docs/deployment.md says how to empty one"
      : "";
  return new OrreryError("UNSUPPORTED", `engine ${engine} cannot ${title}: its placement is fixed${way}`);
}
