/**
 * Why a connection or a call was ended by the server: what its client did, or a limit. A label of a metric,
 * so there are few.
 */
export type ConnectionRefusal =
  | "connections"
  | "connections_per_peer"
  | "handshake_timeout"
  | "idle"
  | "request_timeout"
  | "request_bytes"
  | "request_pieces"
  | "answer_timeout"
  | "answer_bytes";

/** Notified of the connections of the gRPC server; implemented by the metrics. */
export interface ConnectionObserver {
  opened(): void;
  closed(): void;
  refused(reason: ConnectionRefusal): void;
  /** Bytes held by requests that are not complete, and by answers that nobody has read yet. */
  held(bytes: { readonly requests: number; readonly answers: number }): void;
}
