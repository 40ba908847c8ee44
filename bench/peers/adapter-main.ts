/** A process with an adapter in it. */
import { runClosedLoop } from "../client/closed-loop.ts";
import { serveJobs } from "../client/forked.ts";
import type { Adapter, AdapterJob, AdapterResult } from "./adapter.ts";
import { openAdapter } from "./open-adapter.ts";

serveJobs(runner());

function runner(): (job: AdapterJob) => Promise<AdapterResult> {
  let adapter: Adapter | undefined;
  return async (job) => {
    if (job.do === "open") {
      adapter = await openAdapter(job.spec);
      return {};
    }
    if (adapter === undefined) throw new Error("nothing is open");
    return run(adapter, job);
  };
}

async function run(adapter: Adapter, job: Exclude<AdapterJob, { do: "open" }>): Promise<AdapterResult> {
  switch (job.do) {
    case "write":
      await adapter.write(job.records);
      return {};
    case "finish":
      await adapter.finish();
      return {};
    case "set-width":
      await adapter.setWidth(job.width);
      return {};
    case "answer": {
      const answers: (readonly string[])[] = [];
      for (const search of job.searches) answers.push(await adapter.search(search, 0));
      return { answers };
    }
    case "load": {
      const { clients, seconds } = job;
      const driver = { ask: adapter.search.bind(adapter) };
      return { samples: await runClosedLoop(driver, job.searches, { kind: "closed", clients, seconds }) };
    }
  }
}
