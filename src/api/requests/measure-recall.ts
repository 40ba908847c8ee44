import { FieldChecks } from "../../errors.ts";
import type { MeasureRecallRequest } from "../../query/types.ts";
import type { MeasureRecallRequestMessage } from "../wire/measure-recall-request.ts";
import type { Limits } from "./limits.ts";
import { toNumberIn } from "./numbers.ts";
import { toSearchRequest } from "./search.ts";
import { toVector } from "./vector.ts";

const MAX_QUERIES = 200;
const MAX_NAMESPACES = 100;
const MAX_TOP_K = 100;
const DEFAULT_SAMPLES = 25;
const DEFAULT_MS = 5_000;
/** Stands for the query, which the caller does not give. */
const ANY_VECTOR = { form: "f32_le", bytes: new Uint8Array(Float32Array.of(1).buffer) } as const;

/** Throws INVALID_REQUEST naming the fields that are wrong. */
export function toMeasureRecallRequest(
  message: MeasureRecallRequestMessage,
  limits: Limits,
): MeasureRecallRequest {
  const { samples = DEFAULT_SAMPLES, maxMs = DEFAULT_MS } = message;
  const checks = new FieldChecks();
  const query = { kind: "vector", vector: ANY_VECTOR } as const;
  const request = {
    search: checks.within("search", toSearchRequest, { ...message.search, query }, limits),
    vectors: message.vectors.map((vector, index) => checks.of(toVector, vector, `vectors[${index}]`)),
    samples: checks.of(toNumberIn, samples, "samples", 1, MAX_QUERIES),
    maxMs: checks.of(toNumberIn, maxMs, "max_ms", 100, 60_000),
  };
  if (request.vectors.length > MAX_QUERIES)
    checks.refuse("vectors", `has ${request.vectors.length} items, at most ${MAX_QUERIES} are allowed`);
  if (checks.passed) {
    const { topK, scope, params } = request.search;
    if (topK > MAX_TOP_K) checks.refuse("search.top_k", `must be at most ${MAX_TOP_K}`);
    if (params.exact === true) checks.refuse("search.params.exact", "has nothing to be compared with");
    if (scope.kind === "namespaces" && scope.namespaces.length > MAX_NAMESPACES)
      checks.refuse("search.namespaces", `at most ${MAX_NAMESPACES} are measured at once`);
  }
  checks.done();
  return request;
}
