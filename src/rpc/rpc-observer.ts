import type { GrpcStatusName } from "../errors.ts";

/** Told about each call of the five services; implemented by the metrics. `method` is `orrery.v1.Service/Method`. */
export interface RpcObserver {
  started(info: { readonly method: string }): void;
  finished(info: {
    readonly method: string;
    readonly code: GrpcStatusName | "OK";
    readonly elapsedMs: number;
  }): void;
}
