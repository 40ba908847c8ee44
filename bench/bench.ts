/** `npm run bench`: see docs/benchmarks.md. */
import { once } from "node:events";
import { runFence } from "./commands/fence.ts";
import { runMemory } from "./commands/memory.ts";
import { runMove } from "./commands/move.ts";
import { runNeighbours } from "./commands/neighbours.ts";
import { runObservability } from "./commands/observability.ts";
import { runOpenLoop } from "./commands/open-loop.ts";
import { runPeers } from "./commands/peers.ts";
import { runFilters, runRecall } from "./commands/recall.ts";
import { runScaling } from "./commands/scaling.ts";
import { runSearch } from "./commands/search.ts";
import { runSoak } from "./commands/soak.ts";
import { runStart } from "./commands/start.ts";
import { runVersions } from "./commands/versions.ts";
import { type Options, readOptions, USAGE } from "./options.ts";
import { runScenarios } from "./scenarios/run-scenarios.ts";
import { openCluster } from "./setup/cluster.ts";

const MODES: Readonly<Record<string, (options: Options) => Promise<void>>> = {
  search: runSearch,
  "open-loop": runOpenLoop,
  soak: runSoak,
  scaling: runScaling,
  scenario: runScenarios,
  observability: runObservability,
  versions: runVersions,
  fence: runFence,
  move: runMove,
  neighbours: runNeighbours,
  memory: runMemory,
  start: runStart,
  recall: runRecall,
  filters: runFilters,
  peers: runPeers,
  cluster: keepCluster,
};

async function keepCluster({ workers }: Options): Promise<void> {
  const cluster = await openCluster({ url: undefined, workers });
  console.log(`ORRERY_CITUS_URL=${cluster.url}`);
  const stayingAlive = setInterval(() => {}, 60_000);
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  clearInterval(stayingAlive);
  await cluster.stop();
}

const options = readOptions(process.argv.slice(2));
const run = MODES[options.mode];
if (run === undefined) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  await run(options);
}
