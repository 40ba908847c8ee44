import { afterEach, expect, test } from "vitest";
import { createLogger } from "../../../src/lib/create-logger.ts";
import { serveHttp } from "../../../src/metrics/http.ts";
import { isReady, type Readiness } from "../../../src/metrics/readiness.ts";

const READY: Readiness = {
  mapLoaded: true,
  rpcListening: true,
  secondsSinceAnswer: 1,
  groupsDown: [],
  mapStoreReachable: true,
};

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(
  readiness: Readiness,
  exposition = async () => ({ contentType: "text/x", text: "m 1\n" }),
) {
  const logger = createLogger({ level: "silent" });
  const http = await serveHttp({ listen: "127.0.0.1:0", exposition, readiness: () => readiness, logger });
  closers.push(http.close);
  return (path: string, init?: RequestInit) => fetch(`http://${http.address}${path}`, init);
}

test("ready needs a map, a listener and a node that answered in the last 30 s, and nothing else", () => {
  expect(isReady(READY)).toBe(true);
  expect(isReady({ ...READY, groupsDown: [1, 2], mapStoreReachable: false })).toBe(true);
  expect(isReady({ ...READY, mapLoaded: false })).toBe(false);
  expect(isReady({ ...READY, rpcListening: false })).toBe(false);
  expect(isReady({ ...READY, secondsSinceAnswer: undefined })).toBe(false);
  expect(isReady({ ...READY, secondsSinceAnswer: 30.5 })).toBe(false);
});

test("/readyz tells what is down without failing for it", async () => {
  const get = await serve({ ...READY, groupsDown: [3], mapStoreReachable: false });
  const response = await get("/readyz");
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ ready: true, groupsDown: [3], mapStoreReachable: false });
});

test("/readyz is 503 when not ready, /livez is 200 all the same", async () => {
  const get = await serve({ ...READY, mapLoaded: false });
  const response = await get("/readyz");
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ ready: false, mapLoaded: false });
  expect((await get("/livez")).status).toBe(200);
});

test("/metrics is the exposition with its content type", async () => {
  const get = await serve(READY);
  const response = await get("/metrics?name=x");
  expect(response.headers.get("content-type")).toBe("text/x");
  expect(await response.text()).toBe("m 1\n");
});

test("anything else is 404, other methods 405, a failing exposition 500", async () => {
  const get = await serve(READY, () => Promise.reject(new Error("no")));
  expect((await get("/")).status).toBe(404);
  expect((await get("/livez", { method: "POST" })).status).toBe(405);
  expect((await get("/metrics")).status).toBe(500);
});

test("an address in use is an error", async () => {
  const options = {
    exposition: async () => ({ contentType: "", text: "" }),
    readiness: () => READY,
    logger: createLogger({ level: "silent" }),
  };
  const first = await serveHttp({ ...options, listen: "127.0.0.1:0" });
  closers.push(first.close);
  await expect(serveHttp({ ...options, listen: first.address })).rejects.toMatchObject({
    code: "EADDRINUSE",
  });
});
