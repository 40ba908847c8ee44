/** The reads of a node, or its writes: what they run and wait for, and whose turn is next. */
import type { OrreryError } from "../errors.ts";
import type { Cancellation } from "../lib/cancellation.ts";
import { type FullBy, type QueueLimits, type Room, roomFor } from "./room-in-queue.ts";
import { TurnTimes } from "./turn-times.ts";

/** A statement as it is counted. The object that was admitted is the one to release. */
export interface Work {
  readonly signal: Cancellation;
  readonly write?: boolean;
  /** Whose it is: statements of one flow share its slots and its turns; undefined: a flow of its own. */
  readonly flow?: string | undefined;
  /** The shard that it asks, where that is a single one. */
  readonly shard?: number | undefined;
}

/** Shares are more than 0 and at most 1; the limits of a queue hold for reads and for writes. */
export interface AdmissionLimits extends QueueLimits {
  readonly max: number;
  /** Of `max`, together. */
  readonly readShare: number;
  readonly writeShare: number;
  /** Of what reads or writes may hold, by one flow. */
  readonly namespaceShare: number;
  /** The same by one shard. */
  readonly shardShare: number;
}

export type WorkClass = "read" | "write";
/** The queue is full, by number or by bytes, or the turn would come after the deadline. */
export type RefusalReason = FullBy | "deadline";

/** A statement that waits for its turn. */
export interface Waiter {
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
  /** Since it began to wait, without a pause; undefined when it never waited. */
  turns: TurnTimes | undefined;
}

/** No flow of requests is empty. */
const NO_FLOW = "";

/** The reads of a node, or the writes. */
export class ClassOfWork {
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
      flow.turns = new TurnTimes(performance.now());
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
    flow.turns?.note(performance.now());
    // Others have their turn before it has the next.
    if (this.#turns.delete(flow)) this.#turns.add(flow);
    return waiter;
  }

  /** As far as turns so far tell; 0 when nothing of its flow waits, or there were too few turns. */
  expectedWaitMs({ flow: key = NO_FLOW }: Work): number {
    const flow = this.#flows.get(key);
    return flow === undefined ? 0 : flow.waiters.size * (flow.turns?.meanMs ?? 0);
  }

  /** Whom to refuse so that `work` may wait; for a full queue only. */
  roomFor({ flow: key = NO_FLOW }: Work, bytes: number, limits: QueueLimits): Room<Waiter> {
    return roomFor({ bytes, own: this.#flows.get(key) }, this.#turns, limits);
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

function newFlow(key: string, running: number): Flow {
  return {
    key,
    running,
    waiters: new Set(),
    waitingBytes: 0,
    isMixed: false,
    turns: undefined,
  };
}
