import { OrreryError } from "../errors.ts";
import type { ClusterAdminApi } from "./cluster-admin-api.ts";

/** Refuses every change by name: for engines whose placement is fixed. */
export function unsupportedClusterAdmin(engine: string): ClusterAdminApi {
  const refuse = (name: string) => async () => {
    throw new OrreryError("UNSUPPORTED", `engine ${engine} cannot ${name}: its placement is fixed`);
  };
  return {
    moveShard: refuse("move shards"),
    splitShard: refuse("split shards"),
    isolateNamespace: refuse("isolate namespaces"),
    pinNamespace: refuse("pin namespaces"),
    unpinNamespace: refuse("unpin namespaces"),
    addNode: refuse("add nodes"),
    drainNode: refuse("drain nodes"),
    restoreNode: refuse("restore nodes"),
    removeNode: refuse("remove nodes"),
    startRebalance: refuse("rebalance"),
  };
}
