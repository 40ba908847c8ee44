import type { Include } from "../../query/types.ts";

/** The include fields of a request; undefined ones were not set. */
export interface IncludeMessage {
  readonly includeValue?: boolean | undefined;
  readonly includeMetadata?: boolean | undefined;
  readonly includeVector?: boolean | undefined;
}

/**
 * The value is included and the vector is not, unless the request says otherwise; `metadata` is its default.
 */
export function toInclude(message: IncludeMessage, { metadata }: { readonly metadata: boolean }): Include {
  return {
    value: message.includeValue ?? true,
    metadata: message.includeMetadata ?? metadata,
    vector: message.includeVector ?? false,
  };
}
