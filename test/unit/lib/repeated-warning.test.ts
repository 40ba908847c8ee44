import { expect, it } from "vitest";
import { createRepeatedWarning } from "../../../src/lib/repeated-warning.ts";

it("warns of each kind once a minute, with how often it came", () => {
  let nowMs = 0;
  const logged: object[] = [];
  const nothing = () => {};
  const logger = {
    debug: nothing,
    info: nothing,
    error: nothing,
    warn: (fields: object) => void logged.push(fields),
    child: () => logger,
  };
  const warn = createRepeatedWarning(logger, () => nowMs);
  for (let at = 0; at < 5; at += 1) warn("a", { reason: "a" }, "refused");
  warn("b", { reason: "b" }, "refused");
  nowMs = 60_000;
  warn("a", { reason: "a" }, "refused");
  expect(logged).toEqual([
    { reason: "a", count: 1 },
    { reason: "b", count: 1 },
    { reason: "a", count: 5 },
  ]);
});
