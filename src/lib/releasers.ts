/** What opens something registers at once how to close it; everything is closed last in, first out. */

/**
 * Registers how to close what was just opened. `release` gets `timeoutMs` (default 10,000); when that has
 * passed it counts as failed and the next one runs.
 */
export type Defer = (name: string, release: () => unknown, timeoutMs?: number) => void;

export interface Running<T> {
  readonly value: T;
  /**
   * Closes everything that was registered, one after another. Rejects with an AggregateError of what failed,
   * after all had their turn. Every call returns the same promise.
   */
  stop(): Promise<void>;
}

interface Releaser {
  readonly name: string;
  readonly release: () => unknown;
  readonly timeoutMs: number;
}

/**
 * Runs `build`, which opens things and registers how to close each. When it throws, what was registered is
 * closed and its error is thrown (as the cause of an AggregateError when closing failed too).
 */
export async function withReleasers<T>(build: (defer: Defer) => Promise<T>): Promise<Running<T>> {
  const deferred: Releaser[] = [];
  const defer: Defer = (name, release, timeoutMs = 10_000) => deferred.push({ name, release, timeoutMs });
  try {
    const value = await build(defer);
    let stopped: Promise<void> | undefined;
    const stop = async () => {
      const failures = await releaseAll(deferred);
      if (failures.length > 0) throw new AggregateError(failures, messageOf("stopping", failures));
    };
    return { value, stop: () => (stopped ??= stop()) };
  } catch (error) {
    const failures = await releaseAll(deferred);
    if (failures.length === 0) throw error;
    throw new AggregateError([error, ...failures], messageOf("starting", [error, ...failures]), {
      cause: error,
    });
  }
}

async function releaseAll(deferred: Releaser[]): Promise<Error[]> {
  const failures: Error[] = [];
  for (let releaser = deferred.pop(); releaser !== undefined; releaser = deferred.pop()) {
    try {
      await withTimeout(releaser);
    } catch (cause) {
      failures.push(new Error(`closing ${releaser.name}: ${textOf(cause)}`, { cause }));
    }
  }
  return failures;
}

async function withTimeout({ release, timeoutMs }: Releaser): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([(async () => release())(), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function messageOf(what: string, errors: readonly unknown[]): string {
  return `${what} failed: ${errors.map(textOf).join("; ")}`;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
