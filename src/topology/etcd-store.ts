/**
 * MapStore over etcd. Keys: `<prefix>/map`, `/leader`, `/coordinators/<id>`, `/operations/<id>`, and
 * `/operation-parts/<id>/<name>`. A record is written last, so what it refers to is there.
 */
import { OrreryError } from "../errors.ts";
import type { Logger } from "../lib/logger.ts";
import { announceKey } from "./etcd-announcement.ts";
import {
  createEtcdClient,
  type EtcdCondition,
  type EtcdEntry,
  type EtcdSettings,
  type EtcdWrite,
  MAX_WRITES,
  MAX_WRITTEN_BYTES,
} from "./etcd-client.ts";
import { campaignFor, EtcdLeadership } from "./etcd-election.ts";
import { decodeMap, encodeMap } from "./map-json.ts";
import type { CoordinatorInfo, Leadership, MapStore, OperationEntry, Stored } from "./map-store.ts";

export interface EtcdStoreOptions extends EtcdSettings {
  readonly prefix: string;
  readonly leaseTtlSeconds: number;
  readonly logger: Logger;
}

/** Nothing is sent before the first call, so this also works while etcd is down. */
export function startEtcdStore(options: EtcdStoreOptions): MapStore {
  const { prefix, leaseTtlSeconds, logger } = options;
  const mapKey = `${prefix}/map`;
  const leaderKey = `${prefix}/leader`;
  const coordinatorKeys = `${prefix}/coordinators/`;
  const operationKeys = `${prefix}/operations/`;
  const partKeys = (id: string) => `${prefix}/operation-parts/${id}/`;
  const client = createEtcdClient(options);
  /** What the store closes at its end unless its user did before. */
  const open = new Set<() => Promise<void>>();
  const closeAtEnd = (close: () => Promise<void>) => {
    const closeOnce = async () => {
      open.delete(closeOnce);
      await close();
    };
    open.add(closeOnce);
    return closeOnce;
  };

  const operationOf = ({ key, value, modRevision }: EtcdEntry): Stored<OperationEntry> => ({
    value: { id: key.slice(operationKeys.length), json: value },
    revision: modRevision,
  });

  /** What must hold in etcd for a leader's write; throws NOT_LEADER when it is known not to hold. */
  const leaderConditions = (leadership: Leadership | undefined): readonly EtcdCondition[] => {
    if (leadership === undefined) return [];
    const { createRevision, isGood } = etcdLeadership(leadership);
    if (!isGood) throw notLeader();
    return [{ key: leaderKey, revision: "create", equals: createRevision }];
  };

  return {
    kind: "etcd",

    async load() {
      const entry = await client.get(mapKey);
      return entry && { value: decodeMap(entry.value), revision: entry.modRevision };
    },

    async publish(map, { leadership, expected }) {
      const value = encodeMap(map);
      const result = await client.putIf({ key: mapKey, value }, [
        { key: mapKey, revision: "mod", equals: expected ?? "0" },
        ...leaderConditions(leadership),
      ]);
      if (result.ok) return result.revision;
      const [present, leader] = result.present;
      refuseOthers(leadership, leader);
      // The first attempt of the call may have been applied although its answer was lost.
      if (present?.value === value) return present.modRevision;
      throw new OrreryError("STATEMENT_CONFLICT", "the published shard map is not the one expected");
    },

    async watch(onHint, onError) {
      return { close: closeAtEnd(client.watch(mapKey, onHint, onError).close) };
    },

    async campaign(id, signal) {
      const leadership = await campaignFor({ client, key: leaderKey, leaseTtlSeconds, logger }, id, signal);
      leadership.lost.addEventListener(
        "abort",
        closeAtEnd(() => leadership.resign()),
        { once: true },
      );
      return leadership;
    },

    async announce(info) {
      const key = coordinatorKeys + info.id;
      const announcement = await announceKey({ client, leaseTtlSeconds, logger }, key, JSON.stringify(info));
      return {
        update: (next) => announcement.update(JSON.stringify(next)),
        close: closeAtEnd(announcement.close),
      };
    },

    async coordinators() {
      return (await client.list(coordinatorKeys)).flatMap(({ value }) => announcedIn(value));
    },

    async putOperation({ id, json, change }, expected, leadership) {
      const key = operationKeys + id;
      const conditions = leaderConditions(leadership);
      const added = [...(change?.added ?? [])].map(([name, value]) => ({ key: partKeys(id) + name, value }));
      const removed = (change?.removed ?? []).map((name) => ({ key: partKeys(id) + name }));
      // All at once where that is allowed; else in steps, of which the last one counts.
      const steps = inSteps([...added, ...removed]);
      const [only = []] = steps;
      const isAtOnce = steps.length <= 1;
      if (!isAtOnce) for (const step of inSteps(added)) await client.write(step);
      const result = await client.putIf(
        { key, value: json },
        [{ key, revision: "mod", equals: expected ?? "0" }, ...conditions],
        isAtOnce ? only : [],
      );
      if (result.ok) {
        const { revision } = result;
        const isStillThis = [{ key, revision: "mod", equals: revision }] as const;
        // Where this fails, they stay until the record goes; nothing refers to them.
        if (!isAtOnce) {
          for (const step of inSteps(removed)) await client.write(step, isStillThis).catch(() => undefined);
        }
        return revision;
      }
      const [present, leader] = result.present;
      refuseOthers(leadership, leader);
      // As above: this may be what the first attempt wrote.
      if (present?.value === json) return present.modRevision;
      throw changedByAnother(id);
    },

    async getOperation(id) {
      const partsPrefix = partKeys(id);
      const { entry, others } = await client.getWith(operationKeys + id, partsPrefix);
      if (entry === undefined) return undefined;
      const { value, revision } = operationOf(entry);
      const parts = new Map(others.map((part) => [part.key.slice(partsPrefix.length), part.value]));
      return { value: { ...value, ...(parts.size > 0 && { parts }) }, revision };
    },

    async getOperationHead(id) {
      const entry = await client.get(operationKeys + id);
      return entry && operationOf(entry);
    },

    async listOperations() {
      return (await client.list(operationKeys)).map(operationOf);
    },

    async deleteOperation(id, options) {
      const key = operationKeys + id;
      if (options === undefined) return client.delete(key, partKeys(id));
      const result = await client.deleteIf(
        key,
        [{ key, revision: "mod", equals: options.expected }, ...leaderConditions(options.leadership)],
        partKeys(id),
      );
      if (result.ok) return;
      const [present, leader] = result.present;
      refuseOthers(options.leadership, leader);
      if (present !== undefined) throw changedByAnother(id);
    },

    async close() {
      await Promise.all([...open].map((close) => close()));
      client.close();
    },
  };
}

/** Cut so that etcd takes each as one transaction. */
function inSteps(writes: readonly EtcdWrite[]): readonly (readonly EtcdWrite[])[] {
  const steps: EtcdWrite[][] = [];
  let bytes = 0;
  for (const write of writes) {
    const size = Buffer.byteLength(write.key) + Buffer.byteLength(write.value ?? "");
    const last = steps.at(-1);
    if (last === undefined || last.length === MAX_WRITES || bytes + size > MAX_WRITTEN_BYTES) {
      steps.push([write]);
      bytes = size;
    } else {
      last.push(write);
      bytes += size;
    }
  }
  return steps;
}

function etcdLeadership(leadership: Leadership): {
  readonly createRevision: string;
  readonly isGood: boolean;
} {
  if (!(leadership instanceof EtcdLeadership)) throw new OrreryError("BUG", "not a leadership of this store");
  return { createRevision: leadership.createRevision, isGood: leadership.isGood() };
}

/** Throws NOT_LEADER when the leader key in etcd is another one. */
function refuseOthers(leadership: Leadership | undefined, present: EtcdEntry | undefined): void {
  if (leadership === undefined) return;
  if (present?.createRevision !== etcdLeadership(leadership).createRevision) throw notLeader();
}

/** Nothing when it cannot be read, so that the others are still listed. */
function announcedIn(json: string): readonly CoordinatorInfo[] {
  try {
    const info: unknown = JSON.parse(json);
    return typeof info === "object" && info !== null && "epoch" in info ? [info as CoordinatorInfo] : [];
  } catch {
    return [];
  }
}

function changedByAnother(id: string): OrreryError {
  return new OrreryError("STATEMENT_CONFLICT", `operation ${id} has changed in the meantime`);
}

function notLeader(): OrreryError {
  return new OrreryError("NOT_LEADER", "this coordinator is no longer the leader");
}
