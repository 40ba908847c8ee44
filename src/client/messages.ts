/** Messages that callers put together; all others are used as they are generated of the proto. */
import type { DeepReadonly } from "../lib/deep-readonly.ts";
import type { RecordInit } from "../proto/generated/orrery/v1/Record.ts";
import type { SearchRequestInit } from "../proto/generated/orrery/v1/SearchRequest.ts";

/** A record as it is written. */
export type NewRecord = DeepReadonly<RecordInit> & { readonly namespace: string; readonly key: string };

export type SearchRequest = DeepReadonly<SearchRequestInit>;
