import { afterEach, expect, it } from "vitest";
import { configSchema } from "../../../src/config/schema.ts";
import { createLogger } from "../../../src/lib/create-logger.ts";
import { serveHttp } from "../../../src/metrics/http.ts";
import { isReady, type Readiness } from "../../../src/metrics/readiness.ts";

const READY: Readiness = {
  mapLoaded: true,
  rpcListening: true,
  secondsSinceAnswer: 1,
  groupsUp: [0],
  groupsDown: [],
  mapStoreReachable: true,
};

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const NOBODY = { opened() {}, closed() {}, refused() {} };

function settings(http: object = {}) {
  return configSchema.parse({ http: { listen: "127.0.0.1:0", ...http } }).http;
}

async function serve(
  readiness: Readiness,
  exposition = async () => ({ contentType: "text/x", text: "m 1\n" }),
) {
  const logger = createLogger({ level: "silent" });
  const http = await serveHttp({
    settings: settings(),
    exposition,
    readiness: () => readiness,
    observer: NOBODY,
    logger,
  });
  closers.push(http.close);
  return (path: string, init?: RequestInit) => fetch(`http://${http.address}${path}`, init);
}

it("is ready with a map, a listener and a node that answered in the last 30 s, and needs nothing else", () => {
  expect(isReady(READY)).toBe(true);
  expect(isReady({ ...READY, groupsDown: [1, 2], mapStoreReachable: false })).toBe(true);
  expect(isReady({ ...READY, mapLoaded: false })).toBe(false);
  expect(isReady({ ...READY, rpcListening: false })).toBe(false);
  expect(isReady({ ...READY, secondsSinceAnswer: undefined })).toBe(false);
  expect(isReady({ ...READY, secondsSinceAnswer: 30.5 })).toBe(false);
});

it("is not ready when no node group answers any more, and is when one does", () => {
  expect(isReady({ ...READY, secondsSinceAnswer: 8, groupsUp: [], groupsDown: [0, 1] })).toBe(false);
  expect(isReady({ ...READY, secondsSinceAnswer: 8, groupsUp: [1], groupsDown: [0] })).toBe(true);
  // One failure a moment after an answer is no outage.
  expect(isReady({ ...READY, secondsSinceAnswer: 2, groupsUp: [], groupsDown: [0] })).toBe(true);
});

it("lists what is down on /readyz without failing for it", async () => {
  const get = await serve({ ...READY, groupsDown: [3], mapStoreReachable: false });
  const response = await get("/readyz");
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ ready: true, groupsDown: [3], mapStoreReachable: false });
});

it("answers /readyz with 503 when not ready, and /livez with 200 all the same", async () => {
  const get = await serve({ ...READY, mapLoaded: false });
  const response = await get("/readyz");
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ ready: false, mapLoaded: false });
  expect((await get("/livez")).status).toBe(200);
});

it("answers /metrics with the exposition and its content type", async () => {
  const get = await serve(READY);
  const response = await get("/metrics?name=x");
  expect(response.headers.get("content-type")).toBe("text/x");
  expect(await response.text()).toBe("m 1\n");
});

it("answers 404 for other paths, 405 for other methods and 500 for a failing exposition", async () => {
  const get = await serve(READY, () => Promise.reject(new Error("no")));
  expect((await get("/")).status).toBe(404);
  expect((await get("/livez", { method: "POST" })).status).toBe(405);
  expect((await get("/metrics")).status).toBe(500);
});

it("refuses an address in use", async () => {
  const options = {
    exposition: async () => ({ contentType: "", text: "" }),
    readiness: () => READY,
    observer: NOBODY,
    logger: createLogger({ level: "silent" }),
  };
  const first = await serveHttp({ ...options, settings: settings() });
  closers.push(first.close);
  await expect(
    serveHttp({ ...options, settings: settings({ listen: first.address }) }),
  ).rejects.toMatchObject({
    code: "EADDRINUSE",
  });
});
