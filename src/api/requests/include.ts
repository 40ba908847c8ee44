import type { Include } from "../../query/types.ts";

/** The include fields of a request; undefined ones were not set. */
export interface IncludeMessage {
  readonly include_value?: boolean | undefined;
  readonly include_metadata?: boolean | undefined;
  readonly include_vector?: boolean | undefined;
}

/**
 * The value is included and the vector is not, unless the request says otherwise; `metadata` is its default.
 */
export function toInclude(message: IncludeMessage, { metadata }: { readonly metadata: boolean }): Include {
  return {
    value: message.include_value ?? true,
    metadata: message.include_metadata ?? metadata,
    vector: message.include_vector ?? false,
  };
}
