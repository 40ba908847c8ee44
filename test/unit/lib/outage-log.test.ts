import { expect, it } from "vitest";
import type { Logger } from "../../../src/lib/logger.ts";
import { createOutageLog } from "../../../src/lib/outage-log.ts";

it("an outage is logged when it begins, once a minute while it lasts, and when it is over", () => {
  const lines: string[] = [];
  const add = (_: object, message: string) => lines.push(message);
  const logger: Logger = { debug: add, info: add, warn: add, error: add, child: () => logger };
  let now = 0;
  const outage = createOutageLog(logger, "read the catalogs", () => now);
  outage.worked();
  for (now of [0, 1_000, 59_999, 60_000, 61_000]) outage.failed(new Error("down"));
  outage.worked();
  outage.worked();
  expect(lines).toEqual([
    "cannot read the catalogs",
    "cannot read the catalogs",
    "can again read the catalogs",
  ]);
});
