/** MeasureRecallRequest off the wire: it holds a SearchRequest. */
import { decodeSearchRequest, type SearchRequestMessage } from "./search-request.ts";
import { StrictReader } from "./strict-reader.ts";
import { readVector, type VectorMessage } from "./vector.ts";

/** As it came. Nothing is checked yet; optional fields that were not sent are undefined. */
export interface MeasureRecallRequestMessage {
  search: SearchRequestMessage;
  vectors: VectorMessage[];
  samples: number | undefined;
  maxMs: number | undefined;
}

/** Throws on bytes that are not a MeasureRecallRequest. */
export function decodeMeasureRecallRequest(bytes: Buffer): MeasureRecallRequestMessage {
  const reader = new StrictReader(bytes);
  const message: MeasureRecallRequestMessage = {
    search: decodeSearchRequest(Buffer.alloc(0)),
    vectors: [],
    samples: undefined,
    maxMs: undefined,
  };
  reader.fields((tag) => {
    switch (tag) {
      case (1 << 3) | 2:
        message.search = decodeSearchRequest(reader.bytes());
        return;
      case (2 << 3) | 2:
        message.vectors.push(readVector(reader));
        return;
      case 3 << 3:
        message.samples = reader.uint32();
        return;
      case 4 << 3:
        message.maxMs = reader.uint32();
        return;
      default:
        reader.skipType(tag & 7);
    }
  });
  return message;
}
