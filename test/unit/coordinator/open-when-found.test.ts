import { expect, it } from "vitest";
import { createNodeMonitor } from "../../../src/coordinator/monitored-nodes.ts";
import { openWhenFound } from "../../../src/coordinator/open-when-found.ts";
import { countedDrivers } from "../../support/counted-drivers.ts";

const STATEMENT = { text: "SELECT 1", values: [], prepare: false };
const { signal } = new AbortController();

it("opens one driver, however many statements wait for the node to be found, and closes it", async () => {
  const drivers = countedDrivers();
  const driver = openWhenFound(async () => "node", drivers.openDriver);
  await Promise.all([driver.run(STATEMENT, { signal }), driver.run(STATEMENT, { signal })]);
  expect(drivers.open()).toBe(1);
  await driver.close();
  expect(drivers.open()).toBe(0);
});

it("opens nothing for a node that is found only after the driver was closed", async () => {
  const drivers = countedDrivers();
  let find = (_node: string) => {};
  const found = new Promise<string>((resolve) => {
    find = resolve;
  });
  const driver = openWhenFound(() => found, drivers.openDriver);
  const running = driver.run(STATEMENT, { signal });
  await driver.close();
  find("node");
  expect((await running).error).toMatchObject({ code: "NODE_UNAVAILABLE" });
  expect((await driver.run(STATEMENT, { signal })).error).toMatchObject({ code: "NODE_UNAVAILABLE" });
  expect(drivers.open()).toBe(0);
});

it("asks no node for the collectors once their connections are closed", async () => {
  const drivers = countedDrivers();
  const monitor = createNodeMonitor(drivers.openDriver);
  const node = { id: 1, group: 1, name: "a:5432", role: "primary" } as const;
  await monitor.run(node, STATEMENT, signal);
  await monitor.close();
  await expect(monitor.run(node, STATEMENT, signal)).rejects.toMatchObject({ code: "NODE_UNAVAILABLE" });
  expect(drivers.open()).toBe(0);
});
