/** The calls of the write suites, each with the checks that always hold. */
import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { toVector } from "../../../src/cli/values.ts";
import { toFailure } from "../../../src/client/call-error.ts";
import type { NewRecord } from "../../../src/client/messages.ts";
import type { RecordRefMessage } from "../../../src/proto/generated/orrery/v1/RecordRef.ts";
import type { RecordResultMessage } from "../../../src/proto/generated/orrery/v1/RecordResult.ts";
import type { WriteModeInit } from "../../../src/proto/generated/orrery/v1/WriteMode.ts";
import type { Lane } from "./lanes.ts";

export const VECTOR = toVector([1, 2, 3]);

/** Calls to the lane that runs at the time. */
export function recordCalls(lane: () => Lane) {
  /** A namespace that no other test uses. */
  const unused = () => `namespace-${randomUUID()}`;
  const write = async (
    records: readonly NewRecord[],
    mode?: WriteModeInit,
  ): Promise<readonly RecordResultMessage[]> => {
    const { results } = await lane().client.vector.upsert({ records, ...(mode && { mode }) });
    expect(results.map(({ namespace, key }) => ({ namespace, key }))).toEqual(
      records.map(({ namespace, key }) => ({ namespace, key })),
    );
    return results;
  };
  /** Writes one record and returns its new version. */
  const writeOne = async (record: NewRecord, mode?: WriteModeInit): Promise<bigint> => {
    const [result] = await write([record], mode);
    expect(reasons([result as RecordResultMessage])).toEqual([undefined]);
    return BigInt(result?.version ?? 0);
  };
  const read = async (...records: readonly RecordRefMessage[]) =>
    (await lane().client.vector.get({ records, includeVector: true })).records;
  const readOne = async (namespace: string, key: string) => {
    const [record] = await read({ namespace, key });
    if (record === undefined) throw new Error(`no record ${namespace}/${key}`);
    return record;
  };
  const count = async (...namespaces: readonly string[]) =>
    Number((await lane().client.vector.count({ namespaces })).count);
  return { unused, write, writeOne, read, readOne, count };
}

/** `STATUS REASON` for each refused record, undefined for each applied one. */
export function reasons(results: readonly RecordResultMessage[]): readonly (string | undefined)[] {
  return results.map(({ status }) => {
    const failure = toFailure(status);
    return failure && `${failure.status} ${failure.reason}`;
  });
}
