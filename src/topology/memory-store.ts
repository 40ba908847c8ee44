/** A MapStore in memory, for a single process: all callers share its map, its leader and its records. */
import { OrreryError } from "../errors.ts";
import { raceAbort } from "../lib/race-abort.ts";
import { decodeMap, encodeMap } from "./map-json.ts";
import type { CoordinatorInfo, Leadership, MapStore, OperationEntry, Stored } from "./map-store.ts";

export function createMemoryStore(): MapStore {
  let map: { readonly json: string; readonly revision: number } | undefined;
  let leader: Leadership | undefined;
  let vacated: Promise<void> = Promise.resolve();
  const hints = new Set<() => void>();
  const coordinators = new Map<string, CoordinatorInfo>();
  const operations = new Map<string, Stored<OperationEntry>>();
  let operationWrites = 0;

  const startLeading = (): Leadership => {
    const lost = new AbortController();
    const leadership: Leadership = {
      lost: lost.signal,
      async resign() {
        lost.abort();
      },
    };
    leader = leadership;
    vacated = new Promise((resolve) => {
      lost.signal.addEventListener("abort", () => {
        leader = undefined;
        resolve();
      });
    });
    return leadership;
  };

  const refuseOthers = (leadership: Leadership | undefined) => {
    if (leadership !== undefined && leadership !== leader)
      throw new OrreryError("NOT_LEADER", "this coordinator is no longer the leader");
  };

  return {
    kind: "memory",

    async load() {
      return map && { value: decodeMap(map.json), revision: String(map.revision) };
    },

    async publish(next, { leadership, expected }) {
      refuseOthers(leadership);
      if (expected !== (map && String(map.revision))) {
        throw new OrreryError("STATEMENT_CONFLICT", "the published shard map is not the one expected");
      }
      map = { json: encodeMap(next), revision: (map?.revision ?? 0) + 1 };
      for (const hint of hints) queueMicrotask(hint);
      return String(map.revision);
    },

    async watch(onHint) {
      // A new function each time, so that watching twice with the same listener makes two watches.
      const hint = () => onHint();
      hints.add(hint);
      return {
        async close() {
          hints.delete(hint);
        },
      };
    },

    async campaign(_id, signal) {
      while (leader !== undefined) await raceAbort(vacated, signal);
      signal.throwIfAborted();
      return startLeading();
    },

    async announce(info) {
      const update = async (next: CoordinatorInfo) => {
        coordinators.set(info.id, next);
      };
      await update(info);
      return {
        update,
        async close() {
          coordinators.delete(info.id);
        },
      };
    },

    async coordinators() {
      return [...coordinators.values()];
    },

    async putOperation({ id, json, change }, expected, leadership) {
      refuseOthers(leadership);
      const present = operations.get(id);
      if (present?.revision !== expected) {
        throw new OrreryError("STATEMENT_CONFLICT", `operation ${id} has changed in the meantime`);
      }
      operationWrites += 1;
      const revision = String(operationWrites);
      const parts = new Map([...(present?.value.parts ?? []), ...(change?.added ?? [])]);
      for (const name of change?.removed ?? []) parts.delete(name);
      operations.set(id, { value: { id, json, ...(parts.size > 0 && { parts }) }, revision });
      return revision;
    },
    async getOperation(id) {
      return operations.get(id);
    },
    async getOperationHead(id) {
      const stored = operations.get(id);
      return stored && headOf(stored);
    },
    async listOperations() {
      return [...operations.values()].map(headOf);
    },
    async deleteOperation(id, options) {
      refuseOthers(options?.leadership);
      const present = operations.get(id);
      if (options !== undefined && present !== undefined && present.revision !== options.expected) {
        throw new OrreryError("STATEMENT_CONFLICT", `operation ${id} has changed in the meantime`);
      }
      operations.delete(id);
    },

    async close() {
      hints.clear();
      await leader?.resign();
    },
  };
}

function headOf({ value: { id, json }, revision }: Stored<OperationEntry>): Stored<OperationEntry> {
  return { value: { id, json }, revision };
}
