import { Metadata } from "@grpc/grpc-js";
import { propagation, trace } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OrreryError } from "../../../src/errors.ts";
import { NOOP } from "../../../src/metrics/noop.ts";
import { targetsOfAll } from "../../../src/query/plan/target.ts";
import { planReads } from "../../../src/query/plan/target-plan.ts";
import { scatter } from "../../../src/query/scatter.ts";
import { NO_SAMPLER } from "../../../src/query/shard-sampler.ts";
import type { SearchResult } from "../../../src/query/types.ts";
import { createRequestTracer } from "../../../src/tracing/create-request-tracer.ts";
import { startRpc } from "../api/rpc-fixture.ts";
import { collectionCutAt } from "../query/cut-ring.ts";
import { askStatement, decodeAnswer, MemoryCluster } from "../query/refusing-nodes.ts";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT_ID = "00f067aa0ba902b7";
const METHOD = "orrery.v1.VectorService/Search";

function metadata(): Metadata {
  const of = new Metadata();
  of.set("traceparent", `00-${TRACE_ID}-${PARENT_ID}-01`);
  return of;
}

const EMPTY_RESULT: SearchResult = {
  hits: [],
  completeness: { targetsTotal: 1, targetsOk: 1, failures: [] },
  epoch: 1,
  timings: { planMs: 0, scatterMs: 0, mergeMs: 0, totalMs: 0 },
  profile: [],
};

const start = () =>
  createRequestTracer({ version: "1" }).start({ method: METHOD, requestId: "r-1", metadata: metadata() });

it("records nothing without an SDK", () => {
  expect(start()).toBeUndefined();
});

describe("with an SDK", () => {
  const exporter = new InMemorySpanExporter();
  beforeEach(() => {
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
    );
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  });
  afterEach(() => {
    exporter.reset();
    trace.disable();
    propagation.disable();
  });
  const named = (name: string): readonly ReadableSpan[] =>
    exporter.getFinishedSpans().filter((span) => span.name === name);

  it("records a request as a span of the client's trace, with its id and its failure", () => {
    start()?.end("UNAVAILABLE");
    const [span] = named(METHOD);
    expect(span?.spanContext().traceId).toBe(TRACE_ID);
    expect(span?.parentSpanContext?.spanId).toBe(PARENT_ID);
    expect(span?.attributes).toMatchObject({
      "rpc.method": "Search",
      "rpc.service": "orrery.v1.VectorService",
      "orrery.request_id": "r-1",
      "error.type": "UNAVAILABLE",
    });
    expect(span?.status.code).toBe(2);
  });

  it("records a gRPC call as a span with its stages and the encoding of its response below it", async () => {
    const rpc = await startRpc({
      tracer: createRequestTracer({ version: "1" }),
      apis: {
        query: {
          async search({ collection }, context) {
            context.trace?.child("plan").end();
            if (collection === "missing") throw new OrreryError("COLLECTION_NOT_FOUND", "no");
            return EMPTY_RESULT;
          },
        },
      },
    });
    try {
      const client = rpc.connect("VectorService");
      const request = { allNamespaces: true, record: { namespace: "a", key: "k" } };
      const traceparent = `00-${TRACE_ID}-${PARENT_ID}-01`;
      await client.call("Search", request, { metadata: { traceparent, "x-request-id": "mine" } });
      const missing = { ...request, collection: "missing" };
      await client.call("Search", missing, { metadata: { traceparent } }).catch(() => undefined);
    } finally {
      await rpc.stop();
    }
    const [answered, refused] = named(METHOD);
    expect(answered?.spanContext().traceId).toBe(TRACE_ID);
    expect(answered?.attributes["orrery.request_id"]).toBe("mine");
    expect(answered?.status.code).toBe(0);
    expect(refused?.attributes["error.type"]).toBe("NOT_FOUND");
    const below = [...named("plan"), ...named("encode")].map(
      ({ name, parentSpanContext }) =>
        `${name} ${parentSpanContext?.spanId === answered?.spanContext().spanId}`,
    );
    expect(below.sort()).toEqual(["encode true", "plan false", "plan true"]);
  });

  it("records each shard as a span below the stage that asks it, with the code of a failure", async () => {
    const collection = collectionCutAt([0]);
    const cluster = new MemoryCluster([1, 2], collection);
    cluster.interventions.set(2, () => {
      throw new OrreryError("STATEMENT_FAILED", "no");
    });
    const request = start();
    const stage = request?.child("scatter");
    await scatter(
      {
        collection,
        round: planReads(targetsOfAll(collection), "ann"),
        read: { statement: askStatement, decode: decodeAnswer },
      },
      {
        topology: cluster,
        nodes: cluster,
        observer: NOOP.query,
        branchesPerStatement: 64,
        sampler: NO_SAMPLER,
        random: () => 0,
        monotonicMs: () => performance.now(),
      },
      { signal: new AbortController().signal, requestId: "r-1", trace: stage },
    );
    stage?.end();
    request?.end();
    const shards = named("shard");
    const [scatterSpan] = named("scatter");
    expect(shards.map(({ attributes }) => attributes["orrery.group"]).sort()).toEqual([1, 2]);
    for (const span of shards) {
      expect(span.parentSpanContext?.spanId).toBe(scatterSpan?.spanContext().spanId);
      expect(span.attributes["error.type"]).toBe(
        span.attributes["orrery.group"] === 2 ? "STATEMENT_FAILED" : undefined,
      );
    }
    expect(scatterSpan?.parentSpanContext?.spanId).toBe(named(METHOD)[0]?.spanContext().spanId);
  });
});
