import { expect, it } from "vitest";
import { createLogger } from "../../../src/lib/create-logger.ts";

function logged(level: string, secrets: readonly string[] = []) {
  const lines: string[] = [];
  const logger = createLogger({ level, secrets }, { write: (line) => lines.push(line) });
  return { logger, lines };
}

it("a log line is one JSON object with time, level by name, fields and message", () => {
  const { logger, lines } = logged("info");
  logger.child({ requestId: "r1" }).info({ targets: 3 }, "searched");
  logger.debug({}, "too fine");
  expect(lines).toHaveLength(1);
  expect(lines[0]?.endsWith("}\n")).toBe(true);
  const entry = JSON.parse(lines[0] ?? "");
  expect(entry).toMatchObject({ level: "info", requestId: "r1", targets: 3, msg: "searched" });
  expect(new Date(entry.time).toISOString()).toBe(entry.time);
});

it("passwords in URLs are masked in fields, messages, errors and their causes", () => {
  const { logger, lines } = logged("info");
  const url = "postgres://ann:s3same@db:5432/x?password=open2";
  const err = new Error(`cannot reach ${url}`, { cause: new Error(`cause ${url}`) });
  logger.child({ from: url }).warn({ err, urls: [url], deep: { url } }, `retrying ${url}`);
  expect(lines[0]).not.toMatch(/s3same|open2/);
  expect(JSON.parse(lines[0] ?? "").urls).toEqual(["postgres://ann:***@db:5432/x?password=***"]);
});

it("known secrets are masked in values only, however short, and the line is still JSON", () => {
  const { logger, lines } = logged("info", ["1", 'quo"te\\', "level"]);
  logger.info({ number: 11, text: 'a1b quo"te\\ level' }, "done");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "info", number: 11, text: "a***b *** ***" });
});

it("a log line without secrets is not changed", () => {
  const { logger, lines } = logged("info", ["s3same"]);
  logger.info({ url: "http://host:80/path@x", mail: "a:b@c" }, "done");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ url: "http://host:80/path@x", mail: "a:b@c" });
});
