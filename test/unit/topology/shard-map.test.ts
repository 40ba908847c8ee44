import { expect, it } from "vitest";
import { isOrreryError } from "../../../src/errors.ts";
import { checkDimension } from "../../../src/topology/shard-map.ts";
import { collectionCutAt } from "../query/cut-ring.ts";

const words = collectionCutAt([]);

it("refuses a vector of another dimension by the name of its field, with both numbers", () => {
  checkDimension(new Float32Array(3), words, "vector");
  const check = () => checkDimension(new Float32Array(4), words, "records[2].vector");
  expect(check).toThrow(/4 dimensions.*words has 3/);
  try {
    check();
  } catch (error) {
    expect(isOrreryError(error, "INVALID_REQUEST") && error.details.fields?.[0]?.field).toBe(
      "records[2].vector",
    );
  }
});
