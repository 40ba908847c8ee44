/** What is shown of operations, wherever they run, and how they are cancelled. */
import { isOrreryError, OrreryError } from "../errors.ts";
import { createPacer } from "../lib/pacer.ts";
import type { Stored } from "../topology/map-store.ts";
import type { FinishedRecords } from "./finished-records.ts";
import { isFinished, NO_RECORDS, type OperationRecords } from "./records.ts";
import type { RunningOperations } from "./running-operations.ts";
import type { Operation, OperationApi } from "./types.ts";

const WATCH_INTERVAL_MS = 1_000;

export interface OperationApiDeps {
  readonly records: OperationRecords;
  readonly finished: Pick<FinishedRecords, "get" | "scan">;
  readonly running: Pick<RunningOperations, "find" | "onChange">;
  /** Notifies the leader's queue, on the leader. */
  readonly wakeQueue: () => void;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
  readonly closing: AbortSignal;
}

export function createOperationApi(deps: OperationApiDeps): OperationApi {
  const get = async (id: string) => deps.running.find(id)?.current() ?? (await findStored(id, deps)).value;
  return {
    get,
    async list({ unfinished = false } = {}) {
      const stored = await deps.records.scan();
      const ended = unfinished ? NO_RECORDS : await deps.finished.scan(deps.closing);
      const live = await Promise.all(
        stored.operations.map(async (record) => {
          const { value } = record;
          return deps.running.find(value.id)?.current() ?? (await wholeOrHead(record, deps.records)).value;
        }),
      );
      const ids = new Set(live.map(({ id }) => id));
      const wanted = unfinished ? live.filter((operation) => !isFinished(operation)) : live;
      const others = ended.operations.map(({ value }) => value).filter(({ id }) => !ids.has(id));
      return {
        operations: [...wanted, ...others].sort(newestFirst),
        unreadable: [...stored.unreadable, ...ended.unreadable].map(({ value }) => value),
      };
    },
    cancel: (id) => cancel(id, deps),
    watch: (id, signal) => watch(id, { get, running: deps.running }, signal),
  };
}

/** Without its moves when these have just changed, or cannot be read. */
async function wholeOrHead(
  record: Stored<Operation>,
  records: Pick<OperationRecords, "whole">,
): Promise<Stored<Operation>> {
  try {
    return (await records.whole(record)) ?? record;
  } catch (error) {
    if (!isOrreryError(error, "OPERATION_UNREADABLE")) throw error;
    return record;
  }
}

function newestFirst(a: Operation, b: Operation): number {
  return b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1);
}

async function findStored(
  id: string,
  { records, finished, closing }: OperationApiDeps,
): Promise<Stored<Operation>> {
  const found = (await records.get(id)) ?? (await finished.get(id, closing));
  if (found !== undefined) return found;
  throw new OrreryError("OPERATION_NOT_FOUND", `operation ${JSON.stringify(id)} does not exist`);
}

async function cancel(id: string, deps: OperationApiDeps): Promise<Operation> {
  for (;;) {
    const { value, revision } = await findStored(id, deps);
    if (isFinished(value) || value.state === "cancelling") return value;
    const cancelling: Operation = { ...value, state: "cancelling", updatedAtMs: deps.epochMs() };
    try {
      await deps.records.put(cancelling, revision);
    } catch (error) {
      // Its coordinator wrote meanwhile: read it again.
      if (isOrreryError(error, "STATEMENT_CONFLICT")) continue;
      throw error;
    }
    deps.running
      .find(id)
      ?.sync()
      .catch(() => undefined);
    deps.wakeQueue();
    return cancelling;
  }
}

/** One that runs here is yielded at each of its changes, one of another coordinator when it is read again. */
async function* watch(
  id: string,
  { get, running }: Pick<OperationApi, "get"> & Pick<OperationApiDeps, "running">,
  signal: AbortSignal,
): AsyncIterable<Operation> {
  const pacer = createPacer();
  const stop = running.onChange((operation) => {
    if (operation.id === id) pacer.wake();
  });
  signal.addEventListener("abort", pacer.wake);
  try {
    let sent = "";
    while (!signal.aborted) {
      const operation = await get(id);
      const json = JSON.stringify(operation);
      if (json !== sent) yield operation;
      sent = json;
      if (isFinished(operation)) return;
      await pacer.wait(WATCH_INTERVAL_MS);
    }
  } finally {
    stop();
    signal.removeEventListener("abort", pacer.wake);
  }
}
