/** SearchResponse and SearchBatchResponse onto the wire, straight from what the search returned. */
import protobuf, { type Writer } from "protobufjs/minimal.js";
import type { OrreryError } from "../../errors.ts";
import type { Completeness, Hit, SearchResult, TargetProfile, Timings } from "../../query/types.ts";
import { type Answer, joinParts, partsOf } from "./answer-parts.ts";
import { type AnswerLimits, AnswerWriter, writeItems } from "./answer-writer.ts";
import { QUANTIZATION_NUMBERS } from "./kinds.ts";
import { type EncodableStatus, encodeStatus } from "./status.ts";
import { writeStoredFields } from "./stored-fields.ts";

const HIT_FIELDS = { value: 4, metadata: 5, tags: 6, vector: 7 } as const;

export interface SearchResponseOptions {
  readonly includeProfile: boolean;
  readonly statusOf: (error: OrreryError) => EncodableStatus;
  readonly limits: AnswerLimits;
}

/**
 * A promise for large answers only, which are encoded in turns with other work. Throws TOO_LARGE, or the
 * error of the call's account.
 */
export function encodeSearchResponse(
  result: SearchResult,
  options: SearchResponseOptions,
): Answer | Promise<Answer> {
  const answer = new AnswerWriter(options.limits);
  const writing = writeItems(answer, result.hits, writeHitField);
  const finish = () => {
    writeAboutSearch(answer.writer, result, options);
    return answer.finish();
  };
  return writing === undefined ? finish() : writing.then(finish);
}

/** Each search ended with an encoded SearchResponse or with a status, in the order of the requests. */
export function encodeSearchBatchResponse(
  results: readonly ({ readonly response: Answer } | { readonly error: EncodableStatus })[],
): Answer {
  return joinParts(
    results.flatMap((result) => {
      const [number, content] =
        "response" in result ? [1, result.response] : [2, encodeStatus(result.error) as Buffer];
      const inner = lengthDelimited(number, content.length);
      return [Buffer.concat([lengthDelimited(1, inner.length + content.length), inner]), ...partsOf(content)];
    }),
  );
}

/** What stands before the bytes of a field. */
function lengthDelimited(number: number, length: number): Buffer {
  const writer = protobuf.Writer.create();
  // Under Node, protobufjs's writers finish with a Buffer.
  return writer
    .uint32((number << 3) | 2)
    .uint32(length)
    .finish() as Buffer;
}

function writeHitField(writer: Writer, hit: Hit): void {
  writeHit(writer.uint32((1 << 3) | 2).fork(), hit).ldelim();
}

/** All but the hits. */
function writeAboutSearch(writer: Writer, result: SearchResult, options: SearchResponseOptions): void {
  writeCompleteness(writer.uint32((2 << 3) | 2).fork(), result.completeness, options).ldelim();
  writer.uint32(3 << 3).uint64(result.epoch);
  writeTimings(writer.uint32((4 << 3) | 2).fork(), result.timings).ldelim();
  if (options.includeProfile) {
    writer.uint32((5 << 3) | 2).fork();
    for (const target of result.profile) writeTarget(writer.uint32((1 << 3) | 2).fork(), target).ldelim();
    if (result.filterIndexed !== undefined) writer.uint32(2 << 3).bool(result.filterIndexed);
    writer.ldelim();
  }
}

function writeHit(writer: Writer, hit: Hit): Writer {
  writer.uint32((1 << 3) | 2).string(hit.namespace);
  writer.uint32((2 << 3) | 2).string(hit.key);
  writer.uint32((3 << 3) | 1).double(hit.similarity);
  writeStoredFields(writer, HIT_FIELDS, hit);
  return writer;
}

function writeCompleteness(
  writer: Writer,
  completeness: Completeness,
  { statusOf }: SearchResponseOptions,
): Writer {
  const { targetsTotal, targetsOk, failures } = completeness;
  writer.uint32(1 << 3).uint32(targetsTotal);
  writer.uint32(2 << 3).uint32(targetsOk);
  writer.uint32(3 << 3).bool(targetsOk === targetsTotal);
  for (const { shardId, namespaces, error } of failures) {
    writer.uint32((4 << 3) | 2).fork();
    writer.uint32(1 << 3).uint64(shardId);
    for (const namespace of namespaces) writer.uint32((2 << 3) | 2).string(namespace);
    writer.uint32((3 << 3) | 2).bytes(encodeStatus(statusOf(error)));
    writer.ldelim();
  }
  return writer;
}

function writeTimings(writer: Writer, { planMs, scatterMs, mergeMs, totalMs, queueMs = 0 }: Timings): Writer {
  writer.uint32((1 << 3) | 1).double(planMs);
  writer.uint32((2 << 3) | 1).double(scatterMs);
  writer.uint32((3 << 3) | 1).double(mergeMs);
  writer.uint32((4 << 3) | 1).double(totalMs);
  return writer.uint32((5 << 3) | 1).double(queueMs);
}

function writeTarget(writer: Writer, target: TargetProfile): Writer {
  writer.uint32(1 << 3).uint64(target.shardId);
  writer.uint32(2 << 3).uint32(target.group);
  writer.uint32((3 << 3) | 2).string(target.strategy);
  writer.uint32(4 << 3).int32(QUANTIZATION_NUMBERS[target.quantization]);
  writer.uint32(5 << 3).uint32(target.efSearch);
  writer.uint32(6 << 3).uint32(target.candidates);
  writer.uint32(7 << 3).uint32(target.rows);
  writer.uint32(8 << 3).uint32(target.attempts);
  writer.uint32(9 << 3).uint32(target.rounds);
  writer.uint32((10 << 3) | 1).double(target.elapsedMs);
  writer.uint32((11 << 3) | 2).string(target.reason);
  writer.uint32(12 << 3).uint32(target.scanned);
  if (target.recallTarget !== undefined) writer.uint32((13 << 3) | 1).double(target.recallTarget);
  if (target.expectedRecall !== undefined) writer.uint32((14 << 3) | 1).double(target.expectedRecall);
  return writer;
}
