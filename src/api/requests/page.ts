import { FieldChecks, invalidField } from "../../errors.ts";
import { toNumberIn } from "./numbers.ts";

/** The paging fields of a list request. */
export interface PageMessage {
  readonly pageSize: number;
  readonly pageToken: string;
}

/** Where in an ordered list a page ends: the sort key of its last item. */
export type Position = readonly (string | number)[];

export interface Page {
  readonly size: number;
  /** Undefined for the first page. */
  readonly after: Position | undefined;
  /** The token that goes on after `position`. */
  tokenAfter(position: Position): string;
}

const DEFAULT_SIZE = 100;
const MAX_SIZE = 1000;

/**
 * The page that a list request asks for. `identity` is what makes the list, as in `["List", collection,
 * namespace]`: it is part of the token, so that a token of another list is refused; undefined where what
 * makes the list is refused already. Throws naming `page_size` and `page_token`.
 */
export function toPage({ pageSize, pageToken }: PageMessage, identity: readonly string[] | undefined): Page {
  const checks = new FieldChecks();
  const page = {
    size: checks.of(toNumberIn, pageSize === 0 ? DEFAULT_SIZE : pageSize, "page_size", 1, MAX_SIZE),
    after: pageToken === "" ? undefined : checks.of(toPosition, pageToken, identity),
    tokenAfter: (position: Position) =>
      Buffer.from(JSON.stringify([identity, position])).toString("base64url"),
  };
  checks.done();
  return page;
}

function toPosition(token: string, identity: readonly string[] | undefined): Position {
  const [of, position] = parseToken(token);
  if (identity !== undefined && JSON.stringify(of) !== JSON.stringify(identity))
    throw invalidField("page_token", "is of another list");
  if (!isPosition(position)) throw invalidField("page_token", "was not made by this service");
  return position;
}

function parseToken(token: string): readonly unknown[] {
  try {
    const content: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    if (Array.isArray(content)) return content;
  } catch {
    // Refused below like any other text that is not a token.
  }
  throw invalidField("page_token", "was not made by this service");
}

function isPosition(value: unknown): value is Position {
  return Array.isArray(value) && value.every((part) => typeof part === "string" || typeof part === "number");
}
