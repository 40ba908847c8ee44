/** A system asked by a Node process of ours. */
import { startClientProcess } from "../client/client-process.ts";
import type { DriverSpec, Load, Query, Request, Samples } from "../client/job.ts";
import type { Workload } from "../data/dataset.ts";
import { queriesOf, type System } from "./system.ts";

export interface ClientSystem extends System {
  /** All queries of the workload, in turn, under any load. */
  ask(workload: Workload, load: Load): Promise<Samples>;
}

export function clientSystem(options: {
  readonly id: string;
  readonly name: string;
  readonly driver: (workload: Workload) => DriverSpec;
  /** The form in which the client process takes a query. */
  readonly request?: (query: Query, workload: Workload) => Request;
  readonly cannot?: (workload: Workload) => string | undefined;
}): ClientSystem {
  const { id, name, driver, request = (query: Query) => query, cannot = () => undefined } = options;
  const process = startClientProcess();
  const requests = (queries: readonly Query[], workload: Workload) =>
    queries.map((query) => request(query, workload));
  return {
    id,
    name,
    cannot,
    async ask(workload, load) {
      const { queries } = workload;
      const job = { driver: driver(workload), requests: requests(queries, workload), load };
      return (await process.run(job)).samples;
    },
    async start(slice) {
      const { workload, clients, seconds } = slice;
      const result = process.run({
        driver: driver(workload),
        requests: requests(queriesOf(slice), workload),
        load: { kind: "closed", clients, seconds },
      });
      return { pids: [process.pid], samples: result.then(({ samples }) => samples) };
    },
    async answers(workload) {
      const { answers } = await process.run({
        driver: driver(workload),
        requests: requests(workload.queries, workload),
        load: { kind: "each" },
      });
      return answers;
    },
    stop: () => process.stop(),
  };
}
