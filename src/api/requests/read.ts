/** Get, List and Count. Each function throws INVALID_REQUEST naming the fields that are wrong. */
import { FieldChecks, invalidField } from "../../errors.ts";
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
  const checks = new FieldChecks();
  const request = {
    collection: checks.of(toCollection, message.collection),
    records: checks.of(toRecordRefs, message.records, limits),
    include: toInclude(message, { metadata: true }),
  };
  checks.done();
  return request;
}

export function toListRequest(
  message: ListRequestMessage,
  limits: Limits,
): { readonly request: ListRequest; readonly page: Page } {
  const checks = new FieldChecks();
  const collection = checks.of(toCollection, message.collection);
  const namespace = checks.of(toNamespace, message.namespace, "namespace", limits);
  const page = checks.of(toPage, message, checks.passed ? ["List", collection, namespace] : undefined);
  checks.done();
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
  const checks = new FieldChecks();
  const request = {
    collection: checks.of(toCollection, message.collection),
    scope: checks.of(toScope, message, limits),
  };
  checks.done();
  return request;
}

/** The name a page starts after, for lists that are ordered by one. */
export function toAfterName({ after }: Page, maxBytes: number): string | undefined {
  if (after === undefined) return undefined;
  const [name] = after;
  if (typeof name !== "string") throw invalidField("page_token", "was not made by this service");
  return toName(name, "page_token", maxBytes);
}
