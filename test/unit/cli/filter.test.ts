import { describe, expect, it } from "vitest";
import { parseFilter } from "../../../src/cli/filter.ts";
import { toTimestamp, toValue } from "../../../src/cli/values.ts";

const compare = (path: string, op: string, value?: unknown) => ({
  compare: { path, op: `COMPARE_OP_${op}`, ...(value !== undefined && { value: toValue(value as never) }) },
});

describe("a filter on the command line", () => {
  it.each([
    ["a plain value is compared", { lang: "en" }, compare("lang", "EQ", "en")],
    [
      "several members must all hold",
      { "author.name": "x", year: { $gte: 2000, $lt: 2010 } },
      {
        and: {
          filters: [
            compare("author.name", "EQ", "x"),
            compare("year", "GTE", 2000),
            compare("year", "LT", 2010),
          ],
        },
      },
    ],
    ["a list of values", { a: { $in: [1, "x", true] } }, compare("a", "IN", [1, "x", true])],
    ["a value that is there", { a: { $exists: true } }, compare("a", "EXISTS")],
    ["one that is not", { a: { $exists: false } }, { not: compare("a", "EXISTS") }],
    ["a list that contains", { a: { $contains: 1 } }, compare("a", "CONTAINS", 1)],
    ["a text that begins", { a: { $prefix: "x" } }, compare("a", "PREFIX", "x")],
    ["a negated comparison", { a: { $not: { $gt: 1 } } }, { not: compare("a", "GT", 1) }],
    [
      "alternatives",
      { $or: [{ a: 1 }, { b: { $ne: 2 } }] },
      { or: { filters: [compare("a", "EQ", 1), compare("b", "NE", 2)] } },
    ],
    ["all of several", { $and: [{ a: 1 }] }, { and: { filters: [compare("a", "EQ", 1)] } }],
    ["a negated filter", { $not: { a: 1 } }, { not: compare("a", "EQ", 1) }],
    ["tags", { $tags: { $any: ["t", "u"] } }, { tags: { any: ["t", "u"] } }],
    ["all tags", { $tags: { $all: ["t"] } }, { tags: { all: ["t"] } }],
    ["keys", { $key: { $prefix: "k/" } }, { keyPrefix: "k/" }],
    [
      "times",
      { $createdAt: { $gte: "2026-01-01T00:00:00Z" } },
      { time: { field: "TIME_FIELD_CREATED_AT", from: toTimestamp("2026-01-01T00:00:00Z"), until: null } },
    ],
  ])("%s", (_, given, expected) => {
    expect(parseFilter(JSON.stringify(given))).toEqual(expected);
  });

  it.each([
    ["{", /--filter: is not JSON/],
    ["[]", /--filter: must be an object/],
    ["{}", /--filter: must not be empty/],
    ['{"a":{}}', /--filter: a: must not be empty/],
    ['{"a":{"$lk":1}}', /--filter: a: \$lk is not known/],
    ['{"a":{"b":1}}', /a: b is not known.*written `a\.b`/],
    ['{"$ors":[]}', /--filter: \$ors is not known.*\$or/],
    ['{"$or":{}}', /--filter: \$or: must be a list/],
    ['{"a":{"$exists":1}}', /a\.\$exists: must be true or false/],
    ['{"$tags":{"$some":[]}}', /\$tags: \$some is not known; it takes \$any and \$all/],
    ['{"$createdAt":{"$gte":"yesterday"}}', /\$createdAt\.\$gte: must be a time/],
    ['{"a":12345678901234567890}', /a does not fit a double/],
  ])("%s is refused with what is wrong", (text, message) => {
    expect(() => parseFilter(text)).toThrow(message);
  });
});
