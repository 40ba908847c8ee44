import { citusSearch, citusUpsert } from "./citus.ts";
import type { Driver } from "./driver.ts";
import type { DriverSpec, NodeStatement, Query, Request, WriteBatch } from "./job.ts";
import { orrerySearch, orreryUpsert } from "./orrery.ts";
import { runStatements } from "./run-statements.ts";

/** Opens `clients` connections, or what serves as many clients. */
export async function openDriver(spec: DriverSpec, clients: number): Promise<Driver<Request>> {
  return (await open(spec, clients)) as Driver<Request>;
}

function open(
  spec: DriverSpec,
  clients: number,
): Promise<Driver<Query> | Driver<WriteBatch> | Driver<NodeStatement>> {
  switch (spec.kind) {
    case "citus-search":
      return citusSearch(spec, clients);
    case "citus-upsert":
      return citusUpsert(spec, clients);
    case "orrery-search":
      return orrerySearch(spec);
    case "orrery-upsert":
      return orreryUpsert(spec);
    case "statement":
      return runStatements();
  }
}
