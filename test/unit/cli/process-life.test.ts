import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { exitOnUncaught, stopRequested } from "../../../src/cli/process-life.ts";
import { createLogger } from "../../../src/lib/create-logger.ts";

function create() {
  const exits: number[] = [];
  const lines: string[] = [];
  const life = Object.assign(new EventEmitter(), { exit: (code: number) => void exits.push(code) });
  const logger = createLogger({ level: "info" }, { write: (line) => lines.push(line) });
  return { life, logger, exits, lines };
}

it.each([
  ["SIGTERM", "SIGTERM"],
  ["SIGINT", "SIGTERM"],
])("%s asks to stop, %s after it exits at once", async (first, second) => {
  const { life, logger, exits } = create();
  const stopped = stopRequested(logger, life);
  life.emit(first, first);
  await stopped;
  expect(exits).toEqual([]);
  life.emit(second, second);
  expect(exits).toEqual([1]);
});

it.each(["uncaughtException", "unhandledRejection"])(
  "%s is logged with its stack and exits with 1",
  (event) => {
    const { life, logger, exits, lines } = create();
    exitOnUncaught(logger, life);
    life.emit(event, new Error("boom"));
    expect(exits).toEqual([1]);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      level: "error",
      err: { message: "boom", stack: expect.any(String) },
    });
  },
);
