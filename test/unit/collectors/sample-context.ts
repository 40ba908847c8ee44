/** The context of a sample under test. */
import type { SampleContext } from "../../../src/collectors/sample.ts";

/** Never aborts; adds the codes of reported errors to `failures`. */
export function sampleContext(failures: string[], { nodeTimeoutMs = 1_000 } = {}): SampleContext {
  return {
    signal: new AbortController().signal,
    nodeTimeoutMs,
    failed: (error) => failures.push(error.code),
    trackQuery: () => () => {},
  };
}
