/**
 * A client process: does one job after another, so that its CPU time is that of the client and of nothing
 * else.
 */
import { runClosedLoop } from "./closed-loop.ts";
import { serveJobs } from "./forked.ts";
import type { Job, JobResult } from "./job.ts";
import { openDriver } from "./open-driver.ts";
import { runOpenLoop } from "./open-loop.ts";

serveJobs(run);

async function run({ driver: spec, requests, load }: Job): Promise<JobResult> {
  const driver = await openDriver(spec, load.kind === "each" ? 1 : load.clients);
  try {
    switch (load.kind) {
      case "closed":
        return { samples: await runClosedLoop(driver, requests, load), answers: [] };
      case "open":
        return { samples: await runOpenLoop(driver, requests, load), answers: [] };
      case "each": {
        const answers: (readonly string[])[] = [];
        for (const request of requests) answers.push(await driver.ask(request, 0));
        return { samples: { endsMs: [], latenciesMs: [], errors: [], dropped: 0 }, answers };
      }
    }
  } finally {
    await driver.close();
  }
}
