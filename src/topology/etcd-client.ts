/**
 * What this project needs of etcd, over the `etcd3` package; the only file that imports it.
 *
 * etcd3 1.1.2 is left out where it falls short: its watcher ends for good when the server cancels it (a
 * compaction) and its lease counts as alive for twice its time to live. So watches are raw streams
 * (etcd-watch.ts), leases are kept alive by the caller (etcd-lease.ts), and there is no circuit breaker,
 * which would outlast a short outage.
 */
import { handleWhen, noop, retry } from "cockatiel";
import {
  Etcd3,
  EtcdLeaseInvalidError,
  type ICompare,
  type IKeyValue,
  type IRequestOp,
  isRecoverableError,
} from "etcd3";
import { OrreryError } from "../errors.ts";
import { raceAbort } from "../lib/race-abort.ts";
import { watchKey } from "./etcd-watch.ts";

/** A call is tried twice, the second time at another endpoint if there is one. */
const ATTEMPT_TIMEOUT_MS = 1_500;
const CALL_TIMEOUT_MS = 3_500;

export interface EtcdSettings {
  readonly endpoints: readonly string[];
  readonly username?: string;
  readonly password?: string;
}

export interface EtcdEntry {
  readonly key: string;
  readonly value: string;
  readonly createRevision: string;
  readonly modRevision: string;
  /** Id of the lease it hangs on, `0` for none. */
  readonly lease: string;
}

/** Holds when the key's revision is the one given; `0`: there is no such key. */
export interface EtcdCondition {
  readonly key: string;
  readonly revision: "create" | "mod";
  readonly equals: string;
}

/** Without a value: deletes the key. */
export interface EtcdWrite {
  readonly key: string;
  readonly value?: string;
}

/** etcd takes 128 operations, and a request of 1.5 MiB, unless it is set up otherwise. */
export const MAX_WRITES = 100;
export const MAX_WRITTEN_BYTES = 512 * 1024;

/** `present`: what is stored under the keys of the conditions, in their order. */
export type PutIfResult =
  | { readonly ok: true; readonly revision: string }
  | { readonly ok: false; readonly present: readonly (EtcdEntry | undefined)[] };

export interface EtcdLease {
  readonly id: string;
  /** False when the server no longer knows the lease. */
  keepAlive(): Promise<boolean>;
  /** Deletes the lease and its keys. */
  revoke(): Promise<void>;
}

/**
 * Every call ends within CALL_TIMEOUT_MS; failures are STORE_UNAVAILABLE. Nothing connects before the first
 * call.
 */
export interface EtcdClient {
  get(key: string): Promise<EtcdEntry | undefined>;
  list(prefix: string): Promise<readonly EtcdEntry[]>;
  /** A key and all keys with a prefix, as of one moment. */
  getWith(
    key: string,
    prefix: string,
  ): Promise<{ readonly entry: EtcdEntry | undefined; readonly others: readonly EtcdEntry[] }>;
  put(key: string, value: string, lease?: EtcdLease): Promise<void>;
  /** One transaction: puts when all conditions hold, and with it does `more`. */
  putIf(
    entry: { key: string; value: string; lease?: EtcdLease },
    conditions: readonly EtcdCondition[],
    more?: readonly EtcdWrite[],
  ): Promise<PutIfResult>;
  /** One transaction, of at most MAX_WRITES; nothing happens unless all conditions hold. */
  write(writes: readonly EtcdWrite[], conditions?: readonly EtcdCondition[]): Promise<void>;
  /** The key, and all keys with the prefix. */
  delete(key: string, prefix?: string): Promise<void>;
  /** One transaction: deletes as `delete` when all conditions hold. */
  deleteIf(key: string, conditions: readonly EtcdCondition[], prefix?: string): Promise<PutIfResult>;
  grantLease(ttlSeconds: number): Promise<EtcdLease>;
  /**
   * `onHint` when the key may have changed; `onError` once each time hints stop coming. Reopens itself until
   * closed.
   */
  watch(key: string, onHint: () => void, onError: (error: Error) => void): { close(): Promise<void> };
  close(): void;
}

export function createEtcdClient({ endpoints, username, password }: EtcdSettings): EtcdClient {
  const etcd = new Etcd3({
    hosts: [...endpoints],
    ...(username === undefined ? {} : { auth: { username, password: password ?? "" } }),
    defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + ATTEMPT_TIMEOUT_MS }),
    faultHandling: { host: () => noop, global: retry(handleWhen(isRecoverableError), { maxAttempts: 1 }) },
    grpcOptions: {
      // The server bounds what one request may write; what was written must be readable together.
      "grpc.max_receive_message_length": -1,
      "grpc.keepalive_time_ms": 10_000,
      "grpc.keepalive_timeout_ms": 3_000,
      "grpc.initial_reconnect_backoff_ms": 200,
      "grpc.max_reconnect_backoff_ms": 2_000,
    },
  });

  const actIf = async (
    acts: readonly IRequestOp[],
    conditions: readonly EtcdCondition[],
  ): Promise<PutIfResult> => {
    const { succeeded, header, responses } = await call(
      etcd.kv.txn({
        compare: conditions.map(compareOf),
        success: [...acts],
        failure: conditions.map((condition) => ({ request_range: { key: Buffer.from(condition.key) } })),
      }),
    );
    if (succeeded) return { ok: true, revision: header.revision };
    return { ok: false, present: responses.map(({ response_range }) => entryOf(response_range.kvs[0])) };
  };

  return {
    async get(key) {
      const { kvs } = await call(etcd.get(key).exec());
      return entryOf(kvs[0]);
    },
    async list(prefix) {
      const { kvs } = await call(etcd.getAll().prefix(prefix).exec());
      return kvs.flatMap((kv) => entryOf(kv) ?? []);
    },
    async put(key, value, lease) {
      const put = etcd.put(key).value(value);
      await call((lease === undefined ? put : put.lease(lease.id)).exec());
    },
    async getWith(key, prefix) {
      const success = [{ request_range: { key: Buffer.from(key) } }, { request_range: rangeOf(prefix) }];
      const { responses } = await call(etcd.kv.txn({ compare: [], success, failure: [] }));
      const [own, others] = responses.map(({ response_range }) => response_range.kvs);
      return { entry: entryOf(own?.[0]), others: (others ?? []).flatMap((kv) => entryOf(kv) ?? []) };
    },
    putIf: ({ key, value, lease }, conditions, more = []) =>
      actIf(
        [
          { request_put: { key: Buffer.from(key), value: Buffer.from(value), lease: lease?.id ?? 0 } },
          ...more.map(writeOf),
        ],
        conditions,
      ),
    async write(writes, conditions = []) {
      await actIf(writes.map(writeOf), conditions);
    },
    deleteIf: (key, conditions, prefix) => actIf(deletionOf(key, prefix), conditions),
    async delete(key, prefix) {
      await actIf(deletionOf(key, prefix), []);
    },
    async grantLease(ttlSeconds) {
      const lease = etcd.lease(ttlSeconds, { autoKeepAlive: false });
      const id = await call(lease.grant());
      return {
        id,
        async keepAlive() {
          try {
            await raceAbort(
              lease.keepaliveOnce({ deadline: Date.now() + ATTEMPT_TIMEOUT_MS }),
              AbortSignal.timeout(CALL_TIMEOUT_MS),
            );
            return true;
          } catch (error) {
            if (error instanceof EtcdLeaseInvalidError) return false;
            throw unavailable(error);
          }
        },
        revoke: () => call(lease.revoke()),
      };
    },
    watch(key, onHint, onError) {
      const closing = new AbortController();
      const ended = watchKey(
        {
          open: () => etcd.watchClient.watch(),
          key,
          onHint,
          onError: (reason) => onError(unavailable(reason)),
        },
        closing.signal,
      );
      return {
        close() {
          closing.abort();
          return ended;
        },
      };
    },
    close: () => etcd.close(),
  };
}

function writeOf({ key, value }: EtcdWrite): IRequestOp {
  const at = Buffer.from(key);
  if (value === undefined) return { request_delete_range: { key: at } };
  return { request_put: { key: at, value: Buffer.from(value), lease: 0 } };
}

function deletionOf(key: string, prefix?: string): readonly IRequestOp[] {
  return [
    { request_delete_range: { key: Buffer.from(key) } },
    ...(prefix === undefined ? [] : [{ request_delete_range: rangeOf(prefix) }]),
  ];
}

/** All keys with a prefix, which ends with `/`. */
function rangeOf(prefix: string): { readonly key: Buffer; readonly range_end: Buffer } {
  return { key: Buffer.from(prefix), range_end: Buffer.from(`${prefix.slice(0, -1)}0`) };
}

function compareOf({ key, revision, equals }: EtcdCondition): ICompare {
  const target = { key: Buffer.from(key), result: "Equal" } as const;
  return revision === "create"
    ? { ...target, target: "Create", create_revision: equals }
    : { ...target, target: "Mod", mod_revision: equals };
}

function entryOf(kv: IKeyValue | undefined): EtcdEntry | undefined {
  if (kv === undefined) return undefined;
  return {
    key: kv.key.toString(),
    value: kv.value.toString(),
    createRevision: kv.create_revision,
    modRevision: kv.mod_revision,
    lease: kv.lease,
  };
}

async function call<T>(running: Promise<T>): Promise<T> {
  try {
    return await raceAbort(running, AbortSignal.timeout(CALL_TIMEOUT_MS));
  } catch (error) {
    throw unavailable(error);
  }
}

function unavailable(cause: unknown): OrreryError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new OrreryError("STORE_UNAVAILABLE", `etcd: ${text}`, { cause });
}
