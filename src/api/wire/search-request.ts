/** SearchRequest and SearchBatchRequest off the wire. */
import type { RecordRef, SearchParams } from "../../query/types.ts";
import { readRecordRef } from "./record-ref.ts";
import { StrictReader } from "./strict-reader.ts";
import { readVector, type VectorMessage } from "./vector.ts";

/** SearchRequest as it came. Nothing is checked yet; optional fields that were not sent are undefined. */
export interface SearchRequestMessage {
  collection: string;
  namespaces: string[];
  all_namespaces: boolean;
  query: { kind: "vector"; vector: VectorMessage } | { kind: "record"; record: RecordRef } | undefined;
  top_k: number | undefined;
  min_similarity: number | undefined;
  params: SearchParams;
  allow_partial: boolean;
  include_value: boolean | undefined;
  include_metadata: boolean | undefined;
  include_vector: boolean | undefined;
  include_profile: boolean;
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
    all_namespaces: false,
    query: undefined,
    top_k: undefined,
    min_similarity: undefined,
    params: {},
    allow_partial: false,
    include_value: undefined,
    include_metadata: undefined,
    include_vector: undefined,
    include_profile: false,
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
        message.all_namespaces = reader.bool();
        return;
      case (4 << 3) | 2:
        message.query = { kind: "vector", vector: readVector(reader) };
        return;
      case (5 << 3) | 2:
        message.query = { kind: "record", record: readRecordRef(reader) };
        return;
      case 6 << 3:
        message.top_k = reader.uint32();
        return;
      case (7 << 3) | 1:
        message.min_similarity = reader.double();
        return;
      case (8 << 3) | 2:
        message.params = readParams(reader);
        return;
      case 9 << 3:
        message.allow_partial = reader.bool();
        return;
      case 10 << 3:
        message.include_value = reader.bool();
        return;
      case 11 << 3:
        message.include_metadata = reader.bool();
        return;
      case 12 << 3:
        message.include_vector = reader.bool();
        return;
      case 13 << 3:
        message.include_profile = reader.bool();
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
      default:
        reader.skipType(tag & 7);
    }
  });
  return params;
}
