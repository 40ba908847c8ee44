import type { GrpcStatusName } from "../errors.ts";

export type RpcStatus = GrpcStatusName | "OK";

/**
 * Notified of each call of the five services; implemented by the metrics. `method` is
 * `orrery.v1.Service/Method`.
 */
export interface RpcObserver {
  started(info: { readonly method: string }): void;
  finished(info: { readonly method: string; readonly code: RpcStatus; readonly elapsedMs: number }): void;
  /** One search of a SearchBatch. */
  searchedInBatch(code: RpcStatus): void;
  /** The answer of a search became bytes. */
  encoded(elapsedMs: number): void;
}
