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
import {
  type AdmissionLimits,
  ClassOfWork,
  type RefusalReason,
  type Waiter,
  type Work,
  type WorkClass,
} from "./class-of-work.ts";

/** What waits at present, and how many were refused so far. */
export interface QueueState {
  readonly workClass: WorkClass;
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly refused: Readonly<Record<RefusalReason, number>>;
}

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
    const waitMs = of.expectedWaitMs(work);
    // One that is late already ends by its signal, which says so.
    if (waitMs > 0 && waitMs > leftMs(work)) return this.#refusal(of, "deadline", waitMs);
    const { queue, queueBytes } = this.#limits;
    if (of.waiting < queue && of.waitingBytes + bytes <= queueBytes) return undefined;
    const room = of.roomFor(work, bytes, this.#limits);
    if ("reason" in room) return this.#refusal(of, room.reason, waitMs);
    for (const { waiter, reason } of room.refused) {
      of.drop(waiter);
      waiter.refuse(this.#refusal(of, reason, waitMs));
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

/** Until its deadline, in milliseconds. */
function leftMs({ signal: { deadlineMs = Number.POSITIVE_INFINITY } }: Work): number {
  return deadlineMs === Number.POSITIVE_INFINITY ? deadlineMs : deadlineMs - performance.now();
}

function slotsOf(max: number, share: number): number {
  return Math.max(1, Math.floor(max * share));
}
