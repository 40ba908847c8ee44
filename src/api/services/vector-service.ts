import type { DeepReadonly } from "../../lib/deep-readonly.ts";
import { mapLimited } from "../../lib/map-limited.ts";
import type { CountResponseInit } from "../../proto/generated/orrery/v1/CountResponse.ts";
import type { DeleteRequestMessage } from "../../proto/generated/orrery/v1/DeleteRequest.ts";
import type { DeleteResponseInit } from "../../proto/generated/orrery/v1/DeleteResponse.ts";
import type { GetRequestMessage } from "../../proto/generated/orrery/v1/GetRequest.ts";
import type { MeasureRecallResponseInit } from "../../proto/generated/orrery/v1/MeasureRecallResponse.ts";
import type { UpsertResponseInit } from "../../proto/generated/orrery/v1/UpsertResponse.ts";
import type { QueryApi, RecallSummary, SearchRequest } from "../../query/types.ts";
import type { RecordResult, WriteApi } from "../../write/types.ts";
import type { Limits } from "../requests/limits.ts";
import { toMeasureRecallRequest } from "../requests/measure-recall.ts";
import { checkCount } from "../requests/names.ts";
import { toCountRequest, toGetRequest, toListRequest } from "../requests/read.ts";
import { toSearchRequest } from "../requests/search.ts";
import { toDeleteRequest, toUpsertRequest } from "../requests/write.ts";
import { OK_STATUS, toOrreryError } from "../responses/status.ts";
import type { RpcObserver } from "../rpc-observer.ts";
import { decodeMeasureRecallRequest } from "../wire/measure-recall-request.ts";
import { decodeCountRequest, decodeListRequest } from "../wire/read-requests.ts";
import { encodePage, encodeRecords, withPageToken } from "../wire/records-response.ts";
import { decodeSearchBatchRequest, decodeSearchRequest } from "../wire/search-request.ts";
import { encodeSearchBatchResponse, encodeSearchResponse } from "../wire/search-response.ts";
import { decodeUpsertRequest, decodeUpsertRequestInTurns } from "../wire/upsert-request.ts";
import { BatchAnswer } from "./batch-answer.ts";
import type { Call } from "./call.ts";
import { type Service, unary } from "./method.ts";

export interface VectorDeps {
  readonly query: QueryApi;
  readonly write: WriteApi;
  readonly observer: Pick<RpcObserver, "encoded" | "searchedInBatch">;
}

/** Of one batch: more would only wait for connections, and hold their rows at once. */
const SEARCHES_AT_ONCE = 16;

export function vectorService({ query, write, observer }: VectorDeps, limits: Limits): Service {
  const search = async (request: SearchRequest, call: Call) => {
    const result = await query.search(request, call);
    const startedMs = performance.now();
    const encoding = call.trace?.child("encode");
    const encoded = encodeSearchResponse(result, {
      includeProfile: request.includeProfile,
      statusOf: call.statusOf,
      limits: call,
    });
    const bytes = encoded instanceof Promise ? await encoded : encoded;
    observer.encoded(performance.now() - startedMs);
    encoding?.end();
    return bytes;
  };

  return {
    Search: unary({
      decode: decodeSearchRequest,
      run: (message, call) => search(toSearchRequest(message, limits), call),
    }),

    SearchBatch: unary({
      decode: decodeSearchBatchRequest,
      async run(messages, call) {
        checkCount(messages.length, "requests", limits.searchesPerBatch);
        const answer = new BatchAnswer(call);
        const results = await mapLimited(messages, SEARCHES_AT_ONCE, async (message) => {
          try {
            const request = toSearchRequest(message, limits);
            const response = await answer.run((part) => search(request, part));
            observer.searchedInBatch("OK");
            return { response };
          } catch (error) {
            observer.searchedInBatch(toOrreryError(error, call.requestId).grpc);
            return { error: call.statusOf(error) };
          }
        });
        return encodeSearchBatchResponse(results);
      },
    }),

    Get: unary({
      run: async (message: GetRequestMessage, call) =>
        encodeRecords(await query.get(toGetRequest(message, limits), call), call),
    }),

    List: unary({
      decode: decodeListRequest,
      async run(message, call) {
        const { request, page } = toListRequest(message, limits);
        const { records, nextAfterKey } = await query.list(request, call);
        const { bytes, count } = await encodePage(records, {
          pageBytes: Math.min(limits.pageBytes, call.maxAnswerBytes),
          turns: call.turns,
        });
        const after = count < records.length ? records[count - 1]?.key : nextAfterKey;
        return after === undefined ? bytes : withPageToken(bytes, page.tokenAfter([after]));
      },
    }),

    Count: unary({
      decode: decodeCountRequest,
      async run(message, call): Promise<CountResponseInit> {
        const { count, exact } = await query.count(toCountRequest(message, limits), call);
        return { count: String(count), exact };
      },
    }),

    MeasureRecall: unary({
      decode: decodeMeasureRecallRequest,
      async run(message, call): Promise<MeasureRecallResponseInit> {
        const measured = await query.measureRecall(toMeasureRecallRequest(message, limits), call);
        const { total, namespaces, complete } = measured;
        return { total: total && toSummary(total), namespaces: namespaces.map(toSummary), complete };
      },
    }),

    Upsert: unary({
      decode: decodeUpsertRequest,
      decodeInTurns: decodeUpsertRequestInTurns,
      run: async (message, call) =>
        toResults(await write.upsert(await toUpsertRequest(message, limits, call.turns), call), call),
      changesData: true,
    }),

    Delete: unary({
      run: async (message: DeleteRequestMessage, call) =>
        toResults(await write.delete(toDeleteRequest(message, limits), call), call),
      changesData: true,
    }),
  };
}

function toSummary({ namespace = "", ...summary }: RecallSummary) {
  return { namespace, ...summary };
}

/** UpsertResponse and DeleteResponse. */
function toResults(
  results: readonly RecordResult[],
  { statusOf }: Call,
): DeepReadonly<UpsertResponseInit & DeleteResponseInit> {
  return {
    results: results.map(({ namespace, key, version, error }) => ({
      namespace,
      key,
      version: String(version ?? 0),
      status: error === undefined ? OK_STATUS : statusOf(error),
    })),
  };
}
