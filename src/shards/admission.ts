/**
 * Lets statements use the slots of one node so that nobody can take it away from the others.
 *
 * Reads and writes each have an upper limit, so the rest of the slots is the other's. Within each, a
 * namespace and a shard may hold as many slots as a multiple of those that are still free: the multiple of
 * dynamic thresholds (Choudhury and Hahne, IEEE/ACM Trans. Networking 6(2), 1998), `share / (1 - share)`. One
 * that is alone gets its share; what it leaves is there for the next one at once, without waiting for
 * statements that cannot be interrupted. Those that must wait get their turns namespace by namespace.
 */
import { OrreryError } from "../errors.ts";
import type { Cancellation } from "../lib/cancellation.ts";

/** A statement as it is counted. The object that was admitted is the one to release. */
export interface Work {
  readonly signal: Cancellation;
  readonly write?: boolean;
  /** Whose it is: statements of one flow share its slots and its turns; undefined: a flow of its own. */
  readonly flow?: string | undefined;
  /** The shard that it asks, where that is a single one. */
  readonly shard?: number | undefined;
}

/** Shares are more than 0 and at most 1. */
export interface AdmissionLimits {
  readonly max: number;
  /** Of `max`, together. */
  readonly readShare: number;
  readonly writeShare: number;
  /** Of what reads or writes may hold, by one flow. */
  readonly namespaceShare: number;
  /** The same by one shard. */
  readonly shardShare: number;
  /** Waiting reads, and as many writes. */
  readonly queue: number;
  /** Of the values of the waiting reads, and of the writes. */
  readonly queueBytes: number;
}

export type WorkClass = "read" | "write";
/** The queue is full, by number or by bytes, or the turn would come after the deadline. */
export type RefusalReason = "queue" | "bytes" | "deadline";

/** What waits at present, and how many were refused so far. */
export interface QueueState {
  readonly workClass: WorkClass;
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly refused: Readonly<Record<RefusalReason, number>>;
}

interface Waiter {
  readonly work: Work;
  readonly bytes: number;
  readonly start: () => void;
  readonly refuse: (error: OrreryError) => void;
}

/** A namespace, or all those of a collection together: what it runs and waits for. */
interface Flow {
  readonly key: string;
  running: number;
  /** In the order of their arrival. */
  readonly waiters: Set<Waiter>;
  waitingBytes: number;
  /** Its waiters may be for different shards. */
  isMixed: boolean;
  /** Since it began to wait, without a pause. */
  turns: number;
  /** When the last turn was, or the first waiter came. */
  lastTurnMs: number;
  /** Between these turns: their mean, later that of the newest. */
  betweenTurnsMs: number;
}

/** No flow of requests is empty. */
const NO_FLOW = "";
/** Turns that tell something about the next ones: one alone may have been slow, or of several at once. */
const ENOUGH_TURNS = 5;
const LONGEST_RETRY_MS = 5_000;
const LEAST_RETRY_MS = 100;

export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #node: string;
  readonly #reads: ClassOfWork;
  readonly #writes: ClassOfWork;
  /** A waiter of it got the last turn. */
  #last: ClassOfWork | undefined;
  #running = 0;

  /** `node`: for messages. */
  constructor(limits: AdmissionLimits, node: string) {
    this.#limits = limits;
    this.#node = node;
    const { max, readShare, writeShare } = limits;
    this.#reads = new ClassOfWork("read", slotsOf(max, readShare), limits);
    this.#writes = new ClassOfWork("write", slotsOf(max, writeShare), limits);
  }

  get running(): number {
    return this.#running;
  }

  queues(): readonly QueueState[] {
    return [this.#reads, this.#writes].map(({ name, waiting, waitingBytes, refused }) => ({
      workClass: name,
      waiting,
      waitingBytes,
      refused: { ...refused },
    }));
  }

  /** Takes a slot when one is free for it; `release` gives it back. */
  tryAcquire(work: Work): boolean {
    const of = this.#classOf(work);
    const free = this.#limits.max - this.#running;
    if (!of.tryStart(work, free)) return false;
    this.#running += 1;
    return true;
  }

  /**
   * As `tryAcquire`, waiting for its turn. `bytes`: of the statement's values. Rejects with OVERLOADED when
   * the queue is full or the turn would come after the signal's deadline, with DEADLINE_EXCEEDED when it came
   * after it, and with the signal's reason.
   */
  acquire(work: Work, bytes: number): Promise<void> {
    const { signal } = work;
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.tryAcquire(work)) return Promise.resolve();
    const of = this.#classOf(work);
    const refusal = this.#whyRefused(of, work, bytes);
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        of.drop(waiter);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        work,
        bytes,
        start: () => {
          signal.removeEventListener("abort", onAbort);
          resolve();
        },
        refuse: (error) => {
          signal.removeEventListener("abort", onAbort);
          reject(error);
        },
      };
      of.enqueue(waiter);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Exactly once for each slot that was taken. */
  release(work: Work): void {
    this.#classOf(work).end(work);
    this.#running -= 1;
    this.#startNext();
  }

  #classOf({ write = false }: Work): ClassOfWork {
    return write ? this.#writes : this.#reads;
  }

  /**
   * The class that holds less of what it may hold comes first; of equals, as always where there is one slot,
   * the one that did not have the last turn.
   */
  #startNext(): void {
    const reads = this.#reads;
    const writes = this.#writes;
    if (reads.waiting === 0 && writes.waiting === 0) return;
    const readsFirst = reads.load === writes.load ? this.#last !== reads : reads.load < writes.load;
    const [first, second] = readsFirst ? [reads, writes] : [writes, reads];
    while (this.#startOneOf(first) || this.#startOneOf(second));
  }

  /** False when none of them can start. */
  #startOneOf(of: ClassOfWork): boolean {
    const waiter = of.startWaiter(this.#limits.max - this.#running);
    if (waiter === undefined) return false;
    this.#running += 1;
    this.#last = of;
    if (leftMs(waiter.work) > 0) {
      waiter.start();
      return true;
    }
    // The timer of its signal is late. Nobody would wait for what it runs.
    of.end(waiter.work);
    this.#running -= 1;
    const message = `node ${this.#node}: no connection was free before the deadline`;
    waiter.refuse(new OrreryError("DEADLINE_EXCEEDED", message));
    return true;
  }

  /** Makes room for it, when others hold more of the queue. */
  #whyRefused(of: ClassOfWork, work: Work, bytes: number): OrreryError | undefined {
    const { queue, queueBytes } = this.#limits;
    const waitMs = of.expectedWaitMs(work);
    // One that is late already ends by its signal, which says so.
    if (waitMs > 0 && waitMs > leftMs(work)) return this.#refusal(of, "deadline", waitMs);
    const isFull = (): "queue" | "bytes" | undefined => {
      if (of.waiting >= queue) return "queue";
      return of.waitingBytes + bytes > queueBytes ? "bytes" : undefined;
    };
    for (let reason = isFull(); reason !== undefined; reason = isFull()) {
      const refused = this.#refusal(of, reason, waitMs);
      const victim = of.newestOfLargest(reason, work, bytes);
      if (victim === undefined) return refused;
      of.drop(victim);
      victim.refuse(refused);
    }
    return undefined;
  }

  #refusal(of: ClassOfWork, reason: RefusalReason, waitMs: number): OrreryError {
    const limits = this.#limits;
    const node = this.#node;
    of.refused[reason] += 1;
    const setting = { queue: "pool.queue", bytes: "pool.queueBytes", deadline: "" }[reason];
    const messages = {
      queue: `${limits.queue} ${of.name}s wait for a connection already (${setting})`,
      bytes: `the ${of.name}s that wait for a connection hold ${limits.queueBytes} bytes already (${setting})`,
      deadline: `the ${of.name} would wait about ${Math.round(waitMs)} ms for a connection, and its deadline is earlier`,
    };
    return new OrreryError("OVERLOADED", `node ${node}: ${messages[reason]}`, {
      details: {
        metadata: { node, ...(setting !== "" && { limit: setting }) },
        retryDelayMs: Math.ceil(Math.min(LONGEST_RETRY_MS, Math.max(LEAST_RETRY_MS, waitMs))),
      },
    });
  }
}

/** The reads of a node, or the writes. */
class ClassOfWork {
  readonly name: WorkClass;
  readonly #slots: number;
  readonly #perFreeOfFlow: number;
  readonly #perFreeOfShard: number;
  readonly #flows = new Map<string, Flow>();
  /** Those with waiters, in the order of their next turns. */
  readonly #turns = new Set<Flow>();
  readonly #runningOnShard = new Map<number, number>();
  #running = 0;
  waiting = 0;
  waitingBytes = 0;
  readonly refused = { queue: 0, bytes: 0, deadline: 0 };

  constructor(name: WorkClass, slots: number, { namespaceShare, shardShare }: AdmissionLimits) {
    this.name = name;
    this.#slots = slots;
    this.#perFreeOfFlow = namespaceShare / (1 - namespaceShare);
    this.#perFreeOfShard = shardShare / (1 - shardShare);
  }

  /** Of the slots that the class may hold, 0-1. */
  get load(): number {
    return this.#running / this.#slots;
  }

  /**
   * `freeOfAll`: slots that neither class holds. What waits could not start when the last slot became free,
   * and fewer are free now, so nobody who could start is overtaken.
   */
  tryStart(work: Work, freeOfAll: number): boolean {
    const free = Math.min(freeOfAll, this.#slots - this.#running);
    if (free <= 0 || !this.#hasRoomOn(work.shard, free)) return false;
    const key = work.flow ?? NO_FLOW;
    const flow = this.#flows.get(key);
    if (flow === undefined) this.#flows.set(key, newFlow(key, 1));
    else if (this.#hasRoomFor(flow, free)) flow.running += 1;
    else return false;
    this.#count(work.shard, 1);
    return true;
  }

  end({ flow: key = NO_FLOW, shard }: Work): void {
    const flow = this.#flows.get(key) as Flow;
    flow.running -= 1;
    this.#forgetIdle(flow);
    this.#count(shard, -1);
  }

  enqueue(waiter: Waiter): void {
    const key = waiter.work.flow ?? NO_FLOW;
    let flow = this.#flows.get(key);
    if (flow === undefined) {
      flow = newFlow(key, 0);
      this.#flows.set(key, flow);
    }
    const [first] = flow.waiters;
    if (first === undefined) {
      flow.isMixed = false;
      flow.turns = 0;
      flow.lastTurnMs = performance.now();
    } else if (first.work.shard !== waiter.work.shard) flow.isMixed = true;
    flow.waiters.add(waiter);
    flow.waitingBytes += waiter.bytes;
    this.waiting += 1;
    this.waitingBytes += waiter.bytes;
    this.#turns.add(flow);
  }

  /** Ends its wait. */
  drop(waiter: Waiter): void {
    const flow = this.#flows.get(waiter.work.flow ?? NO_FLOW);
    if (flow === undefined || !flow.waiters.delete(waiter)) return;
    flow.waitingBytes -= waiter.bytes;
    this.waiting -= 1;
    this.waitingBytes -= waiter.bytes;
    if (flow.waiters.size === 0) this.#turns.delete(flow);
    this.#forgetIdle(flow);
  }

  /** The next one that may run; it counts as running. */
  startWaiter(freeOfAll: number): Waiter | undefined {
    const free = Math.min(freeOfAll, this.#slots - this.#running);
    if (free <= 0) return undefined;
    // Where many wait, most of them do so for the same one.
    let fullShard: number | undefined;
    for (const flow of this.#turns) {
      if (!this.#hasRoomFor(flow, free)) continue;
      for (const waiter of flow.waiters) {
        const { shard } = waiter.work;
        if (shard === undefined || shard !== fullShard) {
          if (this.#hasRoomOn(shard, free)) return this.#giveTurn(flow, waiter);
          fullShard = shard;
        }
        if (!flow.isMixed) break;
      }
    }
    return undefined;
  }

  #giveTurn(flow: Flow, waiter: Waiter): Waiter {
    flow.running += 1;
    this.drop(waiter);
    this.#count(waiter.work.shard, 1);
    noteTurn(flow);
    // Others have their turn before it has the next.
    if (this.#turns.delete(flow)) this.#turns.add(flow);
    return waiter;
  }

  /** As far as turns so far tell; 0 when nothing of its flow waits, or there were too few turns. */
  expectedWaitMs({ flow: key = NO_FLOW }: Work): number {
    const flow = this.#flows.get(key);
    if (flow === undefined || flow.turns < ENOUGH_TURNS) return 0;
    return flow.waiters.size * flow.betweenTurnsMs;
  }

  /** The waiter to refuse in favour of `work`; undefined when `work` has the most waiting itself. */
  newestOfLargest(by: "queue" | "bytes", { flow: key = NO_FLOW }: Work, bytes: number) {
    const size = (flow: Flow) => (by === "queue" ? flow.waiters.size : flow.waitingBytes);
    const own = this.#flows.get(key);
    const added = by === "queue" ? 1 : bytes;
    let most = (own === undefined ? 0 : size(own)) + added;
    let largest: Flow | undefined;
    for (const flow of this.#turns) {
      if (flow === own || size(flow) <= most) continue;
      most = size(flow);
      largest = flow;
    }
    return largest === undefined ? undefined : [...largest.waiters].at(-1);
  }

  #hasRoomFor({ running }: Flow, free: number): boolean {
    return running < free * this.#perFreeOfFlow;
  }

  #hasRoomOn(shard: number | undefined, free: number): boolean {
    if (shard === undefined) return true;
    return (this.#runningOnShard.get(shard) ?? 0) < free * this.#perFreeOfShard;
  }

  #count(shard: number | undefined, change: 1 | -1): void {
    this.#running += change;
    if (shard === undefined) return;
    const running = (this.#runningOnShard.get(shard) ?? 0) + change;
    if (running === 0) this.#runningOnShard.delete(shard);
    else this.#runningOnShard.set(shard, running);
  }

  #forgetIdle(flow: Flow): void {
    if (flow.running === 0 && flow.waiters.size === 0) this.#flows.delete(flow.key);
  }
}

/** Until its deadline, in milliseconds. */
function leftMs({ signal: { deadlineMs = Number.POSITIVE_INFINITY } }: Work): number {
  return deadlineMs === Number.POSITIVE_INFINITY ? deadlineMs : deadlineMs - performance.now();
}

function slotsOf(max: number, share: number): number {
  return Math.max(1, Math.floor(max * share));
}

function newFlow(key: string, running: number): Flow {
  return {
    key,
    running,
    waiters: new Set(),
    waitingBytes: 0,
    isMixed: false,
    turns: 0,
    lastTurnMs: 0,
    betweenTurnsMs: 0,
  };
}

function noteTurn(flow: Flow): void {
  const nowMs = performance.now();
  flow.turns += 1;
  const newest = 1 / Math.min(flow.turns, ENOUGH_TURNS);
  flow.betweenTurnsMs += (nowMs - flow.lastTurnMs - flow.betweenTurnsMs) * newest;
  flow.lastTurnMs = nowMs;
}
