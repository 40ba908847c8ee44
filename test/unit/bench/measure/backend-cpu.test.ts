import { expect, it } from "vitest";
import { cpuUsBetween } from "../../../../bench/measure/backend-cpu.ts";

it("a process that ends while others are measured takes nothing from them", () => {
  const before = new Map([
    ["11", 9_000_000],
    ["12", 1_000_000],
  ]);
  const after = new Map([
    ["12", 1_250_000],
    ["13", 50_000],
  ]);
  expect(cpuUsBetween(before, after)).toBe(300);
});
