import { OrreryError } from "../errors.ts";
import type { ClusterAdminApi } from "./cluster-admin-api.ts";

/** Refuses every change by name: for engines whose placement is fixed. */
export function unsupportedClusterAdmin(engine: string): ClusterAdminApi {
  return {
    async begin({ title }) {
      throw new OrreryError("UNSUPPORTED", `engine ${engine} cannot ${title}: its placement is fixed`);
    },
  };
}
