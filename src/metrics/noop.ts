/** Observers that measure nothing, for when requests are not to be measured. */
import type { Metrics } from "./create-metrics.ts";

export const NOOP: Pick<Metrics, "query" | "write" | "rpc"> = {
  query: {
    statementRun() {},
    fenced() {},
    rerouted() {},
    secondRound() {},
    payloadRead() {},
    shardSampled() {},
    searchFinished() {},
  },
  write: { written() {} },
  rpc: { started() {}, finished() {}, searchedInBatch() {}, encoded() {} },
};
