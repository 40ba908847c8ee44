/** RuntimePlacement over Citus. */
import { withAdminSession } from "../../shards/pg/admin-session.ts";
import type { RuntimePlacement } from "../runtime-placement.ts";
import { COORDINATOR_GROUP } from "./check.ts";
import { type CitusChangesOptions, createCitusChanges } from "./citus-changes.ts";
import { createClusterReader } from "./read-cluster.ts";
import { DISK_SQL } from "./sql/disk.ts";
import { readPinsByName } from "./sql/pins.ts";
import { decodeGroups, PLACEABLE_GROUPS } from "./sql/placeable-groups.ts";
import { putPlan, readPlan } from "./sql/plans.ts";

export interface CitusPlacementOptions extends CitusChangesOptions {
  /** Milliseconds; only differences matter. */
  readonly monotonicMs: () => number;
  /** As PlacementFacts.splitsInPlace. */
  readonly splitsInPlace: boolean;
}

export function createCitusPlacement(options: CitusPlacementOptions): RuntimePlacement {
  const { admin } = options;
  return {
    changes: createCitusChanges(options),
    facts: {
      coordinatorGroup: COORDINATOR_GROUP,
      splitsInPlace: options.splitsInPlace,
      placeableGroups: { statement: PLACEABLE_GROUPS, decode: decodeGroups },
      diskSql: DISK_SQL,
      whyNoNodeIsAdded: ({ superuser }) =>
        superuser
          ? undefined
          : "Citus lets only a superuser add nodes, and the role of citus.adminUrl is not one",
    },
    readCluster: createClusterReader(options),
    readPins: (signal) => withAdminSession(admin, signal, readPinsByName),
    plans: {
      put: (plan, signal) => withAdminSession(admin, signal, (query) => putPlan(query, plan)),
      get: (id, signal) => withAdminSession(admin, signal, (query) => readPlan(query, id)),
    },
  };
}
