import { expect, it } from "vitest";
import { loadConfig } from "../../../src/config/load.ts";
import { createRequestMemory, inlineBytes } from "../../../src/coordinator/request-memory.ts";
import { OrreryError } from "../../../src/errors.ts";

const MB = 2 ** 20;
const limits = { heapBytes: 256 * MB, containerBytes: 512 * MB, machineBytes: 16 * 1024 * MB };
const memoryOf = (env: Readonly<Record<string, string>> = {}) =>
  createRequestMemory(loadConfig({ env }), limits);

it("requests may hold a share of what the process is given, and one call a share of that", () => {
  const { totalBytes, accountBytes } = memoryOf();
  expect(totalBytes).toBe(Math.floor(0.2 * 512 * MB));
  // A message of 16 MiB can be served, which takes four times its bytes.
  expect(accountBytes).toBeGreaterThan(4 * 16 * MB);
});

it("a limit that is set replaces what was read of container, heap and machine", () => {
  expect(memoryOf({ ORRERY_MEMORY_LIMIT: "1GB", ORRERY_MEMORY_REQUEST_SHARE: "0.1" }).totalBytes).toBe(
    Math.floor(102.4 * MB),
  );
});

it("a refusal names the setting, and a client is asked to come again only where that can help", () => {
  const memory = memoryOf();
  const account = memory.open();
  const tooMuch = account.take(memory.totalBytes);
  expect(tooMuch).toBeInstanceOf(OrreryError);
  expect(tooMuch).toMatchObject({
    code: "TOO_LARGE",
    grpc: "RESOURCE_EXHAUSTED",
    message: expect.stringContaining("memory.callShare"),
    details: { metadata: { setting: "memory.callShare" } },
  });
  expect(account.take(memory.accountBytes)).toBeUndefined();
  expect(memory.open().take(memory.totalBytes / 4)).toMatchObject({
    code: "OVERLOADED",
    grpc: "RESOURCE_EXHAUSTED",
    message: expect.stringContaining("memory.requestShare"),
    details: { metadata: { setting: "memory.requestShare" }, retryDelayMs: expect.any(Number) },
  });
});

it("a search reads a small part of the budget before it knows its winners, and never more than 4 MiB", () => {
  expect(inlineBytes({ totalBytes: 64 * MB })).toBe(MB);
  expect(inlineBytes({ totalBytes: 8192 * MB })).toBe(4 * MB);
});
