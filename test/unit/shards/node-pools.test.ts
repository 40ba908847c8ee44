import { expect, it } from "vitest";
import { createNodePools } from "../../../src/shards/node-pools.ts";
import { noopLogger } from "../../contract/noop-logger.ts";
import { sampleMap } from "../../contract/sample-map.ts";
import { countedDrivers } from "../../support/counted-drivers.ts";

it("opens no connections to a node once the pools are closed", async () => {
  const drivers = countedDrivers();
  const map = sampleMap(1);
  const pools = createNodePools({
    openDriver: drivers.openDriver,
    openUpkeep: drivers.openDriver,
    schema: { oldest: 1, newest: 1 },
    logger: noopLogger,
    epochMs: () => 0,
  });
  pools.applyMap(map);
  const { group } = map.nodes[0] as (typeof map.nodes)[number];
  const run = (runner: Pick<typeof pools, "runOn">) =>
    runner.runOn(
      group,
      { text: "SELECT 1", values: [], prepare: false },
      { signal: new AbortController().signal },
    );
  expect((await run(pools)).error).toBeUndefined();
  expect(drivers.open()).toBe(2);
  await pools.close();
  for (const runner of [pools, pools.upkeep])
    expect((await run(runner)).error).toMatchObject({ code: "NODE_UNAVAILABLE" });
  expect(drivers.open()).toBe(0);
});
