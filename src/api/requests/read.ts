/** Get, List and Count. Each function throws INVALID_REQUEST naming the fields that are wrong. */
import { createHash } from "node:crypto";
import { FieldChecks, invalidField } from "../../errors.ts";
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
  const filter = checks.of(toFilter, message.filter, limits);
  const identity = checks.passed ? ["List", collection, namespace, ...identityOf(filter)] : undefined;
  const page = checks.of(toPage, message, identity);
  checks.done();
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
  const checks = new FieldChecks();
  const request = {
    collection: checks.of(toCollection, message.collection),
    scope: checks.of(toScope, message, limits),
    filter: checks.of(toFilter, message.filter, limits),
  };
  checks.done();
  return request;
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
