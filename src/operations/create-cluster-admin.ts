/** Changes of the cluster: checks, then a record that the leader finds. */
import type { RightsFor } from "../engines/placement-changes.ts";
import { OrreryError } from "../errors.ts";
import { runWithin } from "../lib/time-limit.ts";
import type { AskedChange } from "./begin-change.ts";
import type { ChangeRequest } from "./change-request.ts";
import type { Checked } from "./changes/change-definition.ts";
import type { CheckDeps } from "./changes/change-deps.ts";
import type { ClusterAdminApi } from "./cluster-admin-api.ts";
import type { Operations } from "./operations.ts";
import { dryRunOf } from "./pending-operation.ts";
import type { Operation } from "./types.ts";

const CHECK_MS = 20_000;

export interface ClusterAdminDeps extends CheckDeps {
  readonly operations: Pick<Operations, "beginChange" | "findChange">;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
}

const notChecked = () =>
  new OrreryError("NODE_UNAVAILABLE", `the cluster could not be checked in ${CHECK_MS} ms: nothing was done`);

/** NODE_NOT_MIGRATED naming every missing right: begun without it, a change would fail halfway. */
async function refuseWithoutRights(
  changes: CheckDeps["changes"],
  { rights, title }: { readonly rights: RightsFor; readonly title: string },
  signal: AbortSignal,
): Promise<void> {
  const { role, missing } = await changes.missingRights(rights, signal);
  if (missing.length === 0) return;
  throw new OrreryError(
    "NODE_NOT_MIGRATED",
    `the admin role ${role} cannot ${title}, it lacks: ${missing.join("; ")}. SECURITY.md says how to grant it`,
  );
}

export function createClusterAdmin(deps: ClusterAdminDeps): ClusterAdminApi {
  const { changes } = deps;
  return {
    begin: ({ kind, title, argumentsOf, check, rights }, spec, request) =>
      beginChecked(
        { kind, asked: argumentsOf(spec) },
        async (signal) => {
          // A schema that cannot keep pins and operations cannot have changes either: NODE_NOT_MIGRATED.
          await changes.readPins(signal);
          const found = await check(spec, deps, signal);
          if (rights !== undefined) await refuseWithoutRights(changes, { rights, title }, signal);
          return found;
        },
        { ...deps, request },
      ),
  };
}

/** As ClusterAdminApi.begin. */
export async function beginChecked(
  { kind, asked }: Pick<AskedChange, "kind" | "asked">,
  check: (signal: AbortSignal) => Promise<Checked>,
  {
    operations,
    epochMs,
    request: { requestId, requestedBy, dryRun },
  }: Pick<ClusterAdminDeps, "operations" | "epochMs"> & { readonly request: ChangeRequest },
): Promise<Operation> {
  const change = { kind, asked, requestId };
  const known = dryRun ? undefined : await operations.findChange(change);
  if (known !== undefined) return known;
  const { facts, moves, message } = await runWithin({ ms: CHECK_MS, reason: notChecked }, check);
  if (!dryRun) return operations.beginChange({ ...change, facts, moves, requestedBy });
  return dryRunOf({ kind, arguments: { ...asked, ...facts }, requestedBy, moves, message }, epochMs());
}
