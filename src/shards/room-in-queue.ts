/** Whom to refuse so that another one may wait in a full queue. Pure. */

/** By what a queue is full. */
export type FullBy = "queue" | "bytes";

export interface QueueLimits {
  /** Those that wait. */
  readonly queue: number;
  /** Of what they hold, together. */
  readonly queueBytes: number;
}

/** What one flow has waiting. */
export interface WaitingFlow<W> {
  /** In the order of their arrival. */
  readonly waiters: ReadonlySet<W>;
  readonly waitingBytes: number;
}

export interface Newcomer<W> {
  readonly bytes: number;
  /** Its own flow; undefined when nothing of it waits or runs. */
  readonly own: WaitingFlow<W> | undefined;
}

/** Whom to refuse and why; or by what the queue is full, without room for the newcomer. */
export type Room<W> =
  | { readonly refused: readonly { readonly waiter: W; readonly reason: FullBy }[] }
  | { readonly reason: FullBy };

/** What a flow would have waiting still. */
interface Left<W> {
  waiters: number;
  bytes: number;
  /** The newest one last; undefined while it keeps all. */
  order?: W[];
}

/**
 * One after another the newest of the flow that has the most waiting by then, the newcomer counted to its
 * own. Should its own have the most before there is room, nobody is refused in vain.
 */
export function roomFor<W extends { readonly bytes: number }>(
  { bytes, own }: Newcomer<W>,
  flows: ReadonlySet<WaitingFlow<W>>,
  { queue, queueBytes }: QueueLimits,
): Room<W> {
  const refused: { readonly waiter: W; readonly reason: FullBy }[] = [];
  const left = new Map<WaitingFlow<W>, Left<W>>();
  const all = { waiters: 1, bytes };
  for (const flow of flows) {
    all.waiters += flow.waiters.size;
    all.bytes += flow.waitingBytes;
    if (flow !== own) left.set(flow, { waiters: flow.waiters.size, bytes: flow.waitingBytes });
  }
  const ownLeft = { waiters: 1 + (own?.waiters.size ?? 0), bytes: bytes + (own?.waitingBytes ?? 0) };
  for (;;) {
    const reason = all.waiters > queue ? "queue" : all.bytes > queueBytes ? "bytes" : undefined;
    if (reason === undefined) return { refused };
    const counted = reason === "queue" ? "waiters" : "bytes";
    let most = ownLeft[counted];
    let largest: { readonly flow: WaitingFlow<W>; readonly of: Left<W> } | undefined;
    for (const [flow, of] of left) {
      if (of[counted] <= most) continue;
      most = of[counted];
      largest = { flow, of };
    }
    if (largest === undefined) return { reason };
    const { flow, of } = largest;
    of.order ??= [...flow.waiters];
    const waiter = of.order.pop() as W;
    of.waiters -= 1;
    of.bytes -= waiter.bytes;
    all.waiters -= 1;
    all.bytes -= waiter.bytes;
    refused.push({ waiter, reason });
  }
}
