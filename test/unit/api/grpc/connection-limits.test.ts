import { expect, it } from "vitest";
import { connectionLimits } from "../../../../src/api/grpc/connections/connection-limits.ts";
import { configSchema } from "../../../../src/config/schema.ts";

const MIB = 1024 * 1024;
const rpcOf = (rpc: object) => configSchema.parse({ rpc }).rpc;
const bytesOf = (rpc: object, memoryBytes: number) => {
  const { maxIncompleteRequestBytes, maxUnreadAnswerBytes } = connectionLimits(rpcOf(rpc), memoryBytes);
  return [maxIncompleteRequestBytes, maxUnreadAnswerBytes];
};

it("gives requests and answers an eighth of the memory each, within bounds", () => {
  expect(bytesOf({}, 512 * MIB)).toEqual([64 * MIB, 64 * MIB]);
  expect(bytesOf({}, 64 * 1024 * MIB)).toEqual([256 * MIB, 256 * MIB]);
  // Two messages fit always.
  expect(bytesOf({}, 128 * MIB)).toEqual([32 * MIB, 32 * MIB]);
});

it("takes what is set", () => {
  const set = { maxIncompleteRequestBytes: 5, maxUnreadAnswerBytes: 6 };
  expect(bytesOf(set, 512 * MIB)).toEqual([5, 6]);
});
