import { OrreryError } from "../errors.ts";
import type { ClusterAdminApi } from "./cluster-admin-api.ts";

/** Refuses every change by name: for engines whose placement is fixed. */
export function unsupportedClusterAdmin(engine: string): ClusterAdminApi {
  return {
    async begin({ kind, title }) {
      const way =
        kind === "remove_node"
          ? ". A node that holds nothing leaves when it is not configured any more and `orrery migrate` has run; docs/deployment.md says how to empty one"
          : "";
      throw new OrreryError("UNSUPPORTED", `engine ${engine} cannot ${title}: its placement is fixed${way}`);
    },
  };
}
