import type { Config } from "../../../config/schema.ts";

type Rpc = Config["rpc"];

/** What connections and the calls on them are held to: settings of `rpc`. */
export type ConnectionLimits = Pick<
  Rpc,
  | "maxConnections"
  | "maxConnectionsPerPeer"
  | "handshakeTimeoutMs"
  | "idleTimeoutMs"
  | "requestTimeoutMs"
  | "answerTimeoutMs"
  | "minBytesPerSecond"
> & { readonly maxIncompleteRequestBytes: number; readonly maxUnreadAnswerBytes: number };

const SHARE = 1 / 8;
const MOST_BYTES = 256 * 1024 * 1024;

/** The limits of bytes are shares of the memory that the process may use, where they are not set. */
export function connectionLimits(rpc: Rpc, memoryBytes: number): ConnectionLimits {
  const shareBytes = Math.min(MOST_BYTES, Math.floor(memoryBytes * SHARE));
  // Two of the largest messages, so that one that is slow is not in the way of all others.
  const bytes = Math.max(shareBytes, 2 * rpc.maxMessageBytes);
  return {
    ...rpc,
    maxIncompleteRequestBytes: rpc.maxIncompleteRequestBytes ?? bytes,
    maxUnreadAnswerBytes: rpc.maxUnreadAnswerBytes ?? bytes,
  };
}
