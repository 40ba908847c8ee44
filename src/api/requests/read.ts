/** Get, List and Count. Each function throws INVALID_REQUEST naming the first field that is wrong. */
import { createHash } from "node:crypto";
import { invalidField } from "../../errors.ts";
import type { GetRequestMessage } from "../../proto/generated/orrery/v1/GetRequest.ts";
import type { CountRequest, Filter, GetRequest, ListRequest } from "../../query/types.ts";
import type { CountRequestMessage, ListRequestMessage } from "../wire/read-requests.ts";
import { toFilter } from "./filter.ts";
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
  const filter = toFilter(message.filter, limits);
  const page = toPage(message, ["List", collection, namespace, ...identityOf(filter)]);
  return {
    request: {
      collection,
      namespace,
      pageSize: page.size,
      pageBytes: limits.pageBytes,
      afterKey: toAfterName(page, limits.keyBytes),
      filter,
      include: toInclude(message, { metadata: true }),
    },
    page,
  };
}

export function toCountRequest(message: CountRequestMessage, limits: Limits): CountRequest {
  return {
    collection: toCollection(message.collection),
    scope: toScope(message, limits),
    filter: toFilter(message.filter, limits),
  };
}

/** So that a page token goes on with the same filter only, however long that is. */
function identityOf(filter: Filter | undefined): readonly string[] {
  if (filter === undefined) return [];
  const text = JSON.stringify(filter, (_, value) => (typeof value === "bigint" ? String(value) : value));
  return [createHash("sha256").update(text).digest("base64url")];
}

/** The name a page starts after, for lists that are ordered by one. */
export function toAfterName({ after }: Page, maxBytes: number): string | undefined {
  if (after === undefined) return undefined;
  const [name] = after;
  if (typeof name !== "string") throw invalidField("page_token", "was not made by this service");
  return toName(name, "page_token", maxBytes);
}
