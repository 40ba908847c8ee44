import { type ClientHttp2Session, connect } from "node:http2";
import { afterEach, describe, expect, it } from "vitest";
import { ERROR_CODES, type ErrorCode, OrreryError } from "../../../../src/errors.ts";
import type { Cancellation } from "../../../../src/lib/cancellation.ts";
import type { QueryApi, SearchResult } from "../../../../src/query/types.ts";
import { waitFor } from "../../../support/wait-for.ts";
import { searchRaw } from "../raw-search.ts";
import { failureOf, type RpcFixture, type RpcFixtureOptions, startRpc } from "../rpc-fixture.ts";

const GRPC_NUMBERS = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const;

const SEARCH = { namespaces: ["a"], record: { namespace: "a", key: "k" } };
const EMPTY_RESULT: SearchResult = {
  hits: [],
  completeness: { targetsTotal: 1, targetsOk: 0, failures: [] },
  epoch: 1,
  timings: { planMs: 0, scatterMs: 0, mergeMs: 0, totalMs: 0 },
  profile: [],
};

let rpc: RpcFixture | undefined;
let session: ClientHttp2Session | undefined;

async function start(search: QueryApi["search"], options: RpcFixtureOptions = {}) {
  rpc = await startRpc({ ...options, apis: { query: { search } } });
  return { fixture: rpc, client: rpc.connect("VectorService") };
}

afterEach(async () => {
  session?.destroy();
  session = undefined;
  await rpc?.stop();
});

const rejectOnAbort = (signal: Cancellation) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

describe("an error of the stages", () => {
  it("answers with the status of the error table, the reason and the details of the error", async () => {
    let thrown: unknown;
    const { client } = await start(() => Promise.reject(thrown));
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      if (code === "BUG") continue;
      thrown = new OrreryError(code, `says ${code}`, {
        details: { metadata: { shard: "102008" }, retryDelayMs: 1250 },
      });
      expect(await failureOf(client.call("Search", SEARCH))).toMatchObject({
        code: GRPC_NUMBERS[ERROR_CODES[code].grpc],
        message: `says ${code}`,
        details: {
          ErrorInfo: { reason: code, domain: "orrery", metadata: { shard: "102008" } },
          RetryInfo: { retryDelay: { seconds: "1", nanos: 250_000_000 } },
        },
      });
    }
  });

  it("answers an unknown error with INTERNAL and without its text, and logs the text", async () => {
    const leak = new Error("password=hunter2");
    const { client, fixture } = await start(() => Promise.reject(leak));
    const metadata = { "x-request-id": "req-1" };
    const { code, message, details } = await failureOf(client.call("Search", SEARCH, { metadata }));
    expect({ code, message }).toEqual({
      code: GRPC_NUMBERS.INTERNAL,
      message: "internal error, see the log of request req-1",
    });
    expect(details.ErrorInfo?.reason).toBe("BUG");
    expect(JSON.stringify(details)).not.toContain("hunter2");
    expect(fixture.logged).toContainEqual({
      level: "error",
      message: "rpc failed",
      fields: { requestId: "req-1", method: "orrery.v1.VectorService/Search", code: "BUG", err: leak },
    });
  });

  it("delivers an error whatever characters its text has", async () => {
    const { client } = await start(() =>
      Promise.reject(new OrreryError("RECORD_NOT_FOUND", `50 % of \ud800 ${"ü\n".repeat(5000)}`)),
    );
    const { code, message } = await failureOf(client.call("Search", SEARCH));
    expect(code).toBe(GRPC_NUMBERS.NOT_FOUND);
    expect(message).toMatch(/^50 % of \ufffd ü\n/);
    expect(message.length).toBeLessThan(1000);
  });
});

describe("a request id", () => {
  it("takes the request id from the client, passes it to the stages and echoes it", async () => {
    const seen: string[] = [];
    const { client } = await start(async (_, { requestId }) => {
      seen.push(requestId);
      return EMPTY_RESULT;
    });
    const { metadata } = await client.call("Search", SEARCH, { metadata: { "x-request-id": "abc 123" } });
    expect(metadata.get("x-request-id")).toEqual(["abc 123"]);
    expect(seen).toEqual(["abc 123"]);
  });

  it("makes a request id when there is none or it is too long, and echoes it with errors too", async () => {
    const { client } = await start(() => Promise.reject(new OrreryError("OVERLOADED", "full")));
    const headers: Record<string, string>[] = [{}, { "x-request-id": "x".repeat(129) }];
    for (const metadata of headers) {
      const { error } = await failureOf(client.call("Search", SEARCH, { metadata }));
      expect(error.initial?.get("x-request-id")).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    }
  });

  it("puts the request id into the details of an error, as in the log", async () => {
    const { client, fixture } = await start(() => Promise.reject(new OrreryError("OVERLOADED", "full")));
    const metadata = { "x-request-id": "mine" };
    const { details } = await failureOf(client.call("Search", SEARCH, { metadata }));
    expect(details.RequestInfo).toEqual({ requestId: "mine", servingData: "" });
    const { details: made, error } = await failureOf(client.call("Search", SEARCH));
    expect(error.initial?.get("x-request-id")).toEqual([made.RequestInfo?.requestId]);
    expect(fixture.logged.map(({ fields }) => fields.requestId)).toEqual([
      "mine",
      made.RequestInfo?.requestId,
    ]);
  });
});

it("gives a request that is too large to be read an id that the log knows", async () => {
  rpc = await startRpc({ rpc: { maxMessageBytes: 1024 } });
  const request = { ...SEARCH, namespaces: ["n".repeat(2048)] };
  const { details } = await failureOf(rpc.connect("VectorService").call("Search", request));
  expect(details.ErrorInfo?.reason).toBe("INVALID_REQUEST");
  expect(details.RequestInfo?.requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(rpc.logged.map(({ fields }) => fields.requestId)).toEqual([details.RequestInfo?.requestId]);
});

describe("a deadline", () => {
  /** Whether the answer comes in time is up to the network: what can be asked for is the time it has. */
  it("aborts the stages early enough before the client's deadline for their answer to arrive", async () => {
    let leftMs = Number.NaN;
    const { fixture } = await start(async (_, { signal }) => {
      leftMs = (signal.deadlineMs ?? Number.NaN) - performance.now();
      await rejectOnAbort(signal).catch(() => {});
      return EMPTY_RESULT;
    });
    session = connect(`http://${fixture.server.address}`);
    const { status, response } = await searchRaw(session, "1000m");
    expect(leftMs).toBeLessThanOrEqual(950);
    expect({ status, complete: response.completeness.complete }).toEqual({ status: 0, complete: false });
  });

  it("answers DEADLINE_EXCEEDED with a reason at the client's deadline", async () => {
    const { fixture } = await start((_, { signal }) => rejectOnAbort(signal));
    session = connect(`http://${fixture.server.address}`);
    const { status, details } = await searchRaw(session, "1000m");
    expect({ status, reason: details.ErrorInfo?.reason }).toEqual({ status: 4, reason: "DEADLINE_EXCEEDED" });
    expect(fixture.finished).toMatchObject([{ code: "DEADLINE_EXCEEDED" }]);
  });

  it("sets a deadline for calls without one, and caps longer ones", async () => {
    const { client } = await start((_, { signal }) => rejectOnAbort(signal), {
      rpc: { defaultDeadlineMs: 30, maxDeadlineMs: 60 },
    });
    expect(await failureOf(client.call("Search", SEARCH))).toMatchObject({
      code: 4,
      message: "not done within 30 ms",
    });
    const long = { options: { deadline: Date.now() + 60_000 } };
    expect(await failureOf(client.call("Search", SEARCH, long))).toMatchObject({
      code: 4,
      message: "not done within 60 ms",
    });
  });
});

it("aborts the stages of a cancelled call with CANCELLED", async () => {
  const reasons: unknown[] = [];
  const { client, fixture } = await start(async (_, { signal }) => {
    cancel();
    return rejectOnAbort(signal).catch((reason: unknown) => {
      reasons.push(reason);
      throw reason;
    });
  });
  let cancel = () => {};
  const call = client.call("Search", SEARCH, { started: (given) => (cancel = given) });
  expect((await failureOf(call)).code).toBe(GRPC_NUMBERS.CANCELLED);
  await waitFor(() => fixture.finished.length > 0, { what: "the end of the call" });
  expect(fixture.finished).toMatchObject([{ code: "CANCELLED" }]);
  expect(reasons).toMatchObject([{ code: "CANCELLED" }]);
  expect(fixture.running()).toBe(0);
});

it("lets a stage listen for the abort any number of times", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on("warning", onWarning);
  const { client } = await start(async (_, { signal }) => {
    for (let target = 0; target < 50; target += 1) signal.addEventListener("abort", () => {});
    return EMPTY_RESULT;
  });
  await client.call("Search", SEARCH);
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
});

it("reports each call once to observer and log", async () => {
  const { client, fixture } = await start(async () => EMPTY_RESULT);
  await client.call("Search", SEARCH, { metadata: { "x-request-id": "r" } });
  await failureOf(client.call("Search", { ...SEARCH, topK: 0 }));
  const method = "orrery.v1.VectorService/Search";
  expect(fixture.finished).toMatchObject([
    { method, code: "OK" },
    { method, code: "INVALID_ARGUMENT" },
  ]);
  expect(fixture.running()).toBe(0);
  expect(fixture.logged).toMatchObject([
    { level: "debug", fields: { method, code: "OK", requestId: "r", elapsedMs: expect.any(Number) } },
    { level: "info", fields: { method, code: "INVALID_ARGUMENT" } },
  ]);
});

it.each([0, 2])(
  "refuses a call with %i messages, reports it once, and never runs its method",
  async (count) => {
    const { client, fixture } = await start(async () => EMPTY_RESULT);
    const code = await client.sendMany("/orrery.v1.VectorService/Search", Array(count).fill(Buffer.alloc(0)));
    expect(code).toBe(GRPC_NUMBERS.UNIMPLEMENTED);
    // A call after it, by which the end of its request has long arrived.
    await client.call("Search", SEARCH);
    const method = "orrery.v1.VectorService/Search";
    expect(fixture.finished).toMatchObject([
      { method, code: "UNIMPLEMENTED" },
      { method, code: "OK" },
    ]);
    expect(fixture.running()).toBe(0);
    expect(fixture.logged[0]).toMatchObject({ fields: { method, code: "UNIMPLEMENTED" } });
    expect(fixture.called).toEqual(["query.search"]);
  },
);

it("reports a call refused for its size once, and does not take the end of its request for another call", async () => {
  const { client, fixture } = await start(async () => EMPTY_RESULT, { rpc: { maxMessageBytes: 4096 } });
  const path = "/orrery.v1.VectorService/Search";
  expect(await client.sendMany(path, [Buffer.alloc(5_000)])).toBe(GRPC_NUMBERS.INVALID_ARGUMENT);
  await client.call("Search", SEARCH);
  const method = "orrery.v1.VectorService/Search";
  expect(fixture.finished).toMatchObject([
    { method, code: "INVALID_ARGUMENT" },
    { method, code: "OK" },
  ]);
  expect(fixture.called).toEqual(["query.search"]);
});

it("refuses an answer over the message limit, but sends what a write did whatever its size", async () => {
  const value = "v".repeat(5000);
  rpc = await startRpc({
    rpc: { maxMessageBytes: 4096 },
    apis: {
      query: {
        search: async () => ({
          ...EMPTY_RESULT,
          hits: [{ namespace: "a", key: "k", similarity: 1, value }],
        }),
      },
      write: { delete: async () => Array(200).fill({ namespace: "a", key: "k".repeat(50), version: 1n }) },
    },
  });
  const client = rpc.connect("VectorService");
  expect(await failureOf(client.call("Search", SEARCH))).toMatchObject({
    code: GRPC_NUMBERS.RESOURCE_EXHAUSTED,
    message: expect.stringMatching(/at most 4096 .*rpc\.maxMessageBytes/),
  });
  const { response } = await client.call("Delete", { records: [{ namespace: "a", key: "k" }] });
  expect(response.results).toHaveLength(200);
});
