/** Get, List and Count. Each function throws INVALID_REQUEST naming the first field that is wrong. */
import { invalidField } from "../../errors.ts";
import type { CountRequestMessage } from "../../proto/generated/orrery/v1/CountRequest.ts";
import type { GetRequestMessage } from "../../proto/generated/orrery/v1/GetRequest.ts";
import type { ListRequestMessage } from "../../proto/generated/orrery/v1/ListRequest.ts";
import type { CountRequest, GetRequest, ListRequest } from "../../query/types.ts";
import { toInclude } from "./include.ts";
import type { Limits } from "./limits.ts";
import { toCollection, toNamespace, toRecordRefs, toScope } from "./names.ts";
import { type Page, toPage } from "./page.ts";
import { toName } from "./text.ts";

export function toGetRequest(message: GetRequestMessage, limits: Limits): GetRequest {
  return {
    collection: toCollection(message.collection),
    records: toRecordRefs(message.records, limits),
    include: toInclude(message, { metadata: true }),
  };
}

export function toListRequest(
  message: ListRequestMessage,
  limits: Limits,
): { readonly request: ListRequest; readonly page: Page } {
  const collection = toCollection(message.collection);
  const namespace = toNamespace(message.namespace, "namespace", limits);
  const page = toPage(message, ["List", collection, namespace]);
  return {
    request: {
      collection,
      namespace,
      pageSize: page.size,
      pageBytes: limits.pageBytes,
      afterKey: toAfterName(page, limits.keyBytes),
      include: toInclude(message, { metadata: true }),
    },
    page,
  };
}

export function toCountRequest(message: CountRequestMessage, limits: Limits): CountRequest {
  return { collection: toCollection(message.collection), scope: toScope(message, limits) };
}

/** The name a page starts after, for lists that are ordered by one. */
export function toAfterName({ after }: Page, maxBytes: number): string | undefined {
  if (after === undefined) return undefined;
  const [name] = after;
  if (typeof name !== "string") throw invalidField("page_token", "was not made by this service");
  return toName(name, "page_token", maxBytes);
}
