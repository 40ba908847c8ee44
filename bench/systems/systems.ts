/** All systems of a run, by the letters of docs/benchmarks.md. */

import type { Bench, LoadedDataset } from "../setup/with-bench.ts";
import type { ClientSystem } from "./client-system.ts";
import { createIterativeRole, type IterativeRole } from "./iterative-role.ts";
import { emptyCall, orreryByH2load, orreryByNode } from "./orrery.ts";
import { pgbench } from "./pgbench.ts";
import { shardStatements } from "./shard-statements.ts";
import { citusBinary, citusIterative, citusText, owningWorker } from "./sql.ts";
import type { System } from "./system.ts";

export interface Systems {
  readonly chosen: readonly System[];
  readonly role: IterativeRole;
}

export async function openSystems(bench: Bench<LoadedDataset>): Promise<Systems> {
  const { cluster, coordinator, coordinators, options, defer } = bench;
  const { collection } = bench.data;
  const role = await openRole(bench);
  const statements = await shardStatements(cluster, coordinator.address, bench.data, options.efSearch);
  const create: Readonly<Record<string, () => System>> = {
    a: () => citusText(cluster, collection, false),
    "a+": () => citusText(cluster, collection, true),
    b: () => citusBinary(cluster, collection, false),
    "b+": () => citusBinary(cluster, collection, true),
    "b'": () => citusIterative(role, collection),
    c: () => orreryByH2load(coordinators, collection),
    "c'": () => orreryByNode(coordinator, collection),
    d: () => owningWorker(statements),
    e: () => pgbench(statements),
    f: () => emptyCall(coordinator),
  };
  const chosen = options.systems.map((id) => {
    const system = create[id]?.();
    if (system === undefined)
      throw new TypeError(`no system ${id}; there are ${Object.keys(create).join(" ")}`);
    defer(system.name, () => system.stop());
    return system;
  });
  return { chosen, role };
}

/** Those that a Node process asks: the ones that can be asked at given times. */
export async function openClientSystems(bench: Bench<LoadedDataset>): Promise<readonly ClientSystem[]> {
  const { chosen } = await openSystems(bench);
  return chosen.filter((system): system is ClientSystem => "ask" in system);
}

async function openRole({ cluster, options, defer, data }: Bench<LoadedDataset>): Promise<IterativeRole> {
  const role = await createIterativeRole(cluster, data.collection.table);
  defer("role for iterative scans", () => role.drop());
  await role.setEfSearch(options.efSearch);
  return role;
}
