import { describe, expect, it } from "vitest";
import { whatIsLost } from "../../../../src/operations/changes/lost-node.ts";

describe("what is lost with a node", () => {
  const shards = Array.from({ length: 12 }, (_, i) => 100 + i);
  const held = [
    { collection: "words", shards, of: 32 },
    { collection: "books", shards: [7], of: 2 },
  ];

  it("names the shards that are lost with a node, as far as they are known, and what to do", () => {
    expect(whatIsLost("n:1", { held, standby: undefined })).toMatch(
      /only copy of 12 of the 32 shards of words \(100, .*109 and 2 more\), 1 of the 2 shards of books \(7\): .*node-down\.md/,
    );
    expect(whatIsLost("n:1", { held: [], standby: undefined })).toMatch(/tables that are not Orrery's/);
  });

  it("advises to promote the standby that has a copy of a lost node's shards", () => {
    expect(whatIsLost("n:1", { held, standby: { name: "s:1" } })).toMatch(
      /Its standby s:1 has a copy: promote/,
    );
  });
});
