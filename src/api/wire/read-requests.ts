/**
 * ListRequest and CountRequest off the wire: messages with a Filter, which is read without objects in
 * between.
 */
import { type FilterMessage, readFilter } from "./filter.ts";
import { StrictReader } from "./strict-reader.ts";

/** ListRequest as it came. Nothing is checked yet; optional fields that were not sent are undefined. */
export interface ListRequestMessage {
  collection: string;
  namespace: string;
  pageSize: number;
  pageToken: string;
  includeValue: boolean | undefined;
  includeMetadata: boolean | undefined;
  includeVector: boolean | undefined;
  filter: FilterMessage | undefined;
}

/** CountRequest as it came. */
export interface CountRequestMessage {
  collection: string;
  namespaces: string[];
  allNamespaces: boolean;
  filter: FilterMessage | undefined;
}

/** Throws on bytes that are not a ListRequest. */
export function decodeListRequest(bytes: Buffer): ListRequestMessage {
  const reader = new StrictReader(bytes);
  const message: ListRequestMessage = {
    collection: "",
    namespace: "",
    pageSize: 0,
    pageToken: "",
    includeValue: undefined,
    includeMetadata: undefined,
    includeVector: undefined,
    filter: undefined,
  };
  reader.fields((tag) => {
    switch (tag) {
      case (1 << 3) | 2:
        message.collection = reader.string();
        return;
      case (2 << 3) | 2:
        message.namespace = reader.string();
        return;
      case 3 << 3:
        message.pageSize = reader.int32();
        return;
      case (4 << 3) | 2:
        message.pageToken = reader.string();
        return;
      case 5 << 3:
        message.includeValue = reader.bool();
        return;
      case 6 << 3:
        message.includeMetadata = reader.bool();
        return;
      case 7 << 3:
        message.includeVector = reader.bool();
        return;
      case (8 << 3) | 2:
        message.filter = readFilter(reader);
        return;
      default:
        reader.skipType(tag & 7);
    }
  });
  return message;
}

/** Throws on bytes that are not a CountRequest. */
export function decodeCountRequest(bytes: Buffer): CountRequestMessage {
  const reader = new StrictReader(bytes);
  const message: CountRequestMessage = {
    collection: "",
    namespaces: [],
    allNamespaces: false,
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
        message.filter = readFilter(reader);
        return;
      default:
        reader.skipType(tag & 7);
    }
  });
  return message;
}
