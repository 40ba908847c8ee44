/**
 * Lets calls of `work` share runs: at most one runs and one is queued. The run that a caller gets always
 * starts after its call, so callers that come during a run share the next one.
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
