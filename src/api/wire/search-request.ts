/** SearchRequest and SearchBatchRequest off the wire. */
import type { RecordRef, SearchParams } from "../../query/types.ts";
import { type FilterMessage, readFilter } from "./filter.ts";
import { readRecordRef } from "./record-ref.ts";
import { StrictReader } from "./strict-reader.ts";
import { readVector, type VectorMessage } from "./vector.ts";

/** SearchRequest as it came. Nothing is checked yet; optional fields that were not sent are undefined. */
export interface SearchRequestMessage {
  collection: string;
  namespaces: string[];
  allNamespaces: boolean;
  query: { kind: "vector"; vector: VectorMessage } | { kind: "record"; record: RecordRef } | undefined;
  topK: number | undefined;
  minSimilarity: number | undefined;
  params: SearchParams;
  allowPartial: boolean;
  includeValue: boolean | undefined;
  includeMetadata: boolean | undefined;
  includeVector: boolean | undefined;
  includeProfile: boolean;
  filter: FilterMessage | undefined;
}

/** Throws on bytes that are not a SearchBatchRequest. */
export function decodeSearchBatchRequest(bytes: Buffer): readonly SearchRequestMessage[] {
  const reader = new StrictReader(bytes);
  const requests: SearchRequestMessage[] = [];
  reader.fields((tag) => {
    if (tag === ((1 << 3) | 2)) requests.push(decodeSearchRequest(reader.bytes()));
    else reader.skipType(tag & 7);
  });
  return requests;
}

/** Throws on bytes that are not a SearchRequest. */
export function decodeSearchRequest(bytes: Buffer): SearchRequestMessage {
  const reader = new StrictReader(bytes);
  const message: SearchRequestMessage = {
    collection: "",
    namespaces: [],
    allNamespaces: false,
    query: undefined,
    topK: undefined,
    minSimilarity: undefined,
    params: {},
    allowPartial: false,
    includeValue: undefined,
    includeMetadata: undefined,
    includeVector: undefined,
    includeProfile: false,
    filter: undefined,
  };
  reader.fields((tag) => {
    switch (tag) {
      case (1 << 3) | 2:
        message.collection = reader.string();
        return;
      case (2 << 3) | 2:
        message.namespaces.push(reader.string());
        return;
      case 3 << 3:
        message.allNamespaces = reader.bool();
        return;
      case (4 << 3) | 2:
        message.query = { kind: "vector", vector: readVector(reader) };
        return;
      case (5 << 3) | 2:
        message.query = { kind: "record", record: readRecordRef(reader) };
        return;
      case 6 << 3:
        message.topK = reader.uint32();
        return;
      case (7 << 3) | 1:
        message.minSimilarity = reader.double();
        return;
      case (8 << 3) | 2:
        message.params = readParams(reader);
        return;
      case 9 << 3:
        message.allowPartial = reader.bool();
        return;
      case 10 << 3:
        message.includeValue = reader.bool();
        return;
      case 11 << 3:
        message.includeMetadata = reader.bool();
        return;
      case 12 << 3:
        message.includeVector = reader.bool();
        return;
      case 13 << 3:
        message.includeProfile = reader.bool();
        return;
      case (14 << 3) | 2:
        message.filter = readFilter(reader);
        return;
      default:
        reader.skipType(tag & 7);
    }
  });
  return message;
}

function readParams(reader: StrictReader): SearchParams {
  const params: { -readonly [name in keyof SearchParams]: SearchParams[name] } = {};
  reader.message((tag) => {
    switch (tag) {
      case 1 << 3:
        params.efSearch = reader.uint32();
        return;
      case 2 << 3:
        params.exact = reader.bool();
        return;
      case (3 << 3) | 1:
        params.oversampling = reader.double();
        return;
      case 4 << 3:
        params.rescore = reader.bool();
        return;
      case (5 << 3) | 1:
        params.recallTarget = reader.double();
        return;
      default:
        reader.skipType(tag & 7);
    }
  });
  return params;
}
