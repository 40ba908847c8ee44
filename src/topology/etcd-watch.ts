/**
 * A watch of one key that stays: whenever its stream ends, a new one is opened.
 *
 * ```
 *   opening --opened--> in place --a change--> hint, in place
 *      ^                   | cancelled by the server, ended, failed
 *      +---back off--------+ the first time in a row: error
 * ```
 */
import { backoffMs } from "../lib/backoff.ts";
import { createPacer } from "../lib/pacer.ts";
import { raceAbort } from "../lib/race-abort.ts";

const BACKOFF = { baseMs: 100, maxMs: 2_000 };

/** What etcd answers on a watch: that it is in place, changes, or that it was cancelled. */
interface WatchResponse {
  readonly canceled: boolean;
  readonly cancel_reason: string;
}

/** A raw stream to etcd's Watch service; etcd3's is one. */
export interface WatchStream {
  on(event: "data", listener: (response: WatchResponse) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  write(request: { readonly create_request: { readonly key: Buffer } }): unknown;
  cancel(): void;
}

export interface KeyWatch {
  readonly open: () => Promise<WatchStream>;
  readonly key: string;
  /** The key may have changed; also called each time the watch is in place. */
  readonly onHint: () => void;
  /** Called once each time hints stop coming. */
  readonly onError: (reason: unknown) => void;
}

/** Resolves after `signal` has aborted. */
export async function watchKey(watch: KeyWatch, signal: AbortSignal): Promise<void> {
  const pacer = createPacer();
  signal.addEventListener("abort", pacer.wake, { once: true });
  let failures = 0;
  const onHint = () => {
    failures = 0;
    watch.onHint();
  };
  while (!signal.aborted) {
    const reason = await watchOnce({ ...watch, onHint }, signal).catch((error: unknown) => error);
    if (signal.aborted) return;
    if (failures === 0) watch.onError(reason);
    await pacer.wait(backoffMs(failures, BACKOFF));
    failures += 1;
  }
}

/** Resolves with the reason when the watch ends. */
async function watchOnce({ open, key, onHint }: KeyWatch, signal: AbortSignal): Promise<unknown> {
  const stream = await open();
  const ended = new Promise<unknown>((resolve) => {
    stream.on("data", (response) => {
      if (response.canceled) resolve(new Error(`etcd cancelled the watch: ${response.cancel_reason}`));
      else onHint();
    });
    stream.on("error", resolve);
    stream.on("end", () => resolve(new Error("etcd ended the watch")));
  });
  stream.write({ create_request: { key: Buffer.from(key) } });
  return raceAbort(ended, signal).finally(() => stream.cancel());
}
