import { type ClientHttp2Session, connect } from "node:http2";
import { afterEach, expect, it } from "vitest";
import type { QueryApi, SearchResult } from "../../../../src/query/types.ts";
import { searchRaw } from "../raw-search.ts";
import { type RpcFixture, startRpc } from "../rpc-fixture.ts";

const EMPTY_RESULT: SearchResult = {
  hits: [],
  completeness: { targetsTotal: 1, targetsOk: 1, failures: [] },
  epoch: 1,
  timings: { planMs: 0, scatterMs: 0, mergeMs: 0, totalMs: 0 },
  profile: [],
};
/** Hours and minutes below and above 2^31 ms, 30 days, and the most that the header can hold. */
const TIMEOUTS = [
  "596H",
  "597H",
  "35791M",
  "35792M",
  "2147483S",
  "2592000S",
  "99999999S",
  "99999999M",
  "99999999H",
];

let rpc: RpcFixture | undefined;
let session: ClientHttp2Session | undefined;

afterEach(async () => {
  session?.close();
  await rpc?.stop();
});

const search = (timeout: string) => {
  session ??= connect(`http://${rpc?.server.address}`);
  return searchRaw(session, timeout);
};

async function start(answer: QueryApi["search"], maxDeadlineMs = 60_000): Promise<void> {
  session = undefined;
  rpc = await startRpc({ rpc: { maxDeadlineMs }, apis: { query: { search: answer } } });
}

it.each(TIMEOUTS)("a call with the timeout %s is answered", async (timeout) => {
  await start(async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    return EMPTY_RESULT;
  });
  expect(await search(timeout)).toMatchObject({ status: 0 });
});

it.each(TIMEOUTS)("a call with the timeout %s ends at the longest deadline granted", async (timeout) => {
  await start(
    (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
    60,
  );
  expect(await search(timeout)).toMatchObject({
    status: 4,
    message: expect.stringMatching(/^not done within 60 ms/),
  });
});

it("a call with a timeout that is none is refused as such", async () => {
  await start(async () => EMPTY_RESULT);
  expect(await search("soon")).toMatchObject({ status: 13, message: expect.stringMatching(/grpc-timeout/) });
});
