import { afterEach, expect, it } from "vitest";
import { CallError, toFailure } from "../../../src/client/call-error.ts";
import { createClient } from "../../../src/client/client.ts";
import { type Answers, info, Refused, recordStatus, serveAnswers } from "../cli/answering-server.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function connect(answers: Answers) {
  const server = await serveAnswers(answers);
  const client = createClient(server.address);
  closers.push(client.close, server.close);
  return client;
}

it("an answer comes back with absent fields absent and 64-bit numbers as text", async () => {
  const client = await connect({
    ListShards: ({ collection }: { collection: string }) => ({
      shards: [{ id: "18446744073709551615", collection, hashMin: -2147483648 }],
    }),
  });
  const { shards } = await client.cluster.listShards({ collection: "c" });
  expect(shards).toEqual([
    { id: "18446744073709551615", collection: "c", hashMin: -2147483648, hashMax: 0, groupId: 0 },
  ]);
});

it("a refusal shows status, reason, fields, delay and the request id that was sent", async () => {
  let seen = "";
  const client = await connect({
    Search: (_: unknown, requestId: string) => {
      seen = requestId;
      throw new Refused({
        code: "INVALID_ARGUMENT",
        message: "top_k: must be 1 to 1000",
        details: [
          info("INVALID_REQUEST"),
          {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            fieldViolations: [{ field: "top_k", description: "must be 1 to 1000" }],
          },
          {
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            retryDelay: { seconds: 1, nanos: 500_000_000 },
          },
        ],
      });
    },
  });
  const error = await client.vector.search({ topK: 0 }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CallError);
  expect(error).toMatchObject({
    message: "top_k: must be 1 to 1000",
    requestId: seen,
    failure: {
      status: "INVALID_ARGUMENT",
      reason: "INVALID_REQUEST",
      fields: [{ field: "top_k", description: "must be 1 to 1000" }],
      retryDelayMs: 1500,
    },
  });
  expect(seen).not.toBe("");
});

it("the request id that the server gives is taken over the one that was sent", async () => {
  const client = await connect({
    Search: () => {
      throw new Refused({
        code: "INVALID_ARGUMENT",
        message: "request: is larger than 16777216 bytes",
        details: [{ "@type": "type.googleapis.com/google.rpc.RequestInfo", requestId: "the server's" }],
      });
    },
  });
  await expect(client.vector.search({})).rejects.toMatchObject({ requestId: "the server's" });
});

it("a call to an address where nobody listens ends as UNAVAILABLE", async () => {
  const { address, close } = await serveAnswers({});
  close();
  const client = createClient(address);
  closers.push(client.close);
  await expect(client.cluster.getShardMap({})).rejects.toMatchObject({ failure: { status: "UNAVAILABLE" } });
});

it("a stream is iterated to its end, and its error is thrown", async () => {
  const client = await connect({
    WatchShardMap: () => [{ epoch: 1 }, { epoch: 2 }],
    WatchOperation: () => {
      throw new Refused({
        code: "NOT_FOUND",
        message: "no such operation",
        details: [info("OPERATION_NOT_FOUND")],
      });
    },
  });
  const epochs: string[] = [];
  for await (const map of client.cluster.watchShardMap({})) epochs.push(map.epoch);
  expect(epochs).toEqual(["1", "2"]);
  const watching = client.operation.watchOperation({ id: "x" })[Symbol.asyncIterator]().next();
  await expect(watching).rejects.toMatchObject({
    failure: { status: "NOT_FOUND", reason: "OPERATION_NOT_FOUND" },
  });
});

it("an aborted call ends as CANCELLED", async () => {
  const client = await connect({ Search: () => ({}) });
  const search = client.vector.search({}, { signal: AbortSignal.abort() });
  await expect(search).rejects.toMatchObject({ failure: { status: "CANCELLED" } });
});

it("the status of a record is a failure only when it says so", () => {
  expect(toFailure(null)).toBeUndefined();
  expect(toFailure({ code: 0, message: "", details: [] })).toBeUndefined();
  const refused = recordStatus("ALREADY_EXISTS", "it is there", info("RECORD_EXISTS"));
  expect(toFailure(refused as never)).toMatchObject({ status: "ALREADY_EXISTS", reason: "RECORD_EXISTS" });
});
