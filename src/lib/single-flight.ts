/**
 * Makes calls of `work` share runs: at most one runs and one is queued. What a caller gets always started
 * after its call, so a run under way is never shared with those who came later; they share the next one.
 */
export function createSingleFlight<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let queued: Promise<T> | undefined;

  const start = () => {
    const run = work().finally(() => {
      running = undefined;
    });
    running = run;
    return run;
  };
  const startQueued = () => {
    queued = undefined;
    return start();
  };

  return () => {
    if (queued !== undefined) return queued;
    if (running === undefined) return start();
    queued = running.then(startQueued, startQueued);
    return queued;
  };
}
