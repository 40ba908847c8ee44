/**
 * Limits of time and bytes for every phase of a connection, from its first byte to its end, and of each call
 * on it, from its headers until its answer was read.
 *
 *     accepted --preface, settings--> settled --no call for long--> closed
 *     call: headers --message--> complete --served--> answered --read--> ended
 *
 * One timer looks at all of them now and then. Its clock stands still while the process does, so nobody pays
 * for time in which nothing was read.
 */
import type { Http2Server, ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { ServerInterceptor } from "@grpc/grpc-js";
import { ByteBudget } from "../../../lib/byte-budget.ts";
import { PeerConnections } from "../../../lib/peer-connections.ts";
import { createRepeatedWarning, type RepeatedWarning } from "../../../lib/repeated-warning.ts";
import type { ConnectionObserver, ConnectionRefusal } from "../../connection-observer.ts";
import type { GrpcEnvironment } from "../start-grpc-call.ts";
import { CallRefusals } from "./call-refusals.ts";
import { Connection } from "./connection.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import { type CallGuard, countInflated, guardCalls } from "./guard-calls.ts";
import type { CallLimits, GuardedCall } from "./guarded-call.ts";
import { refuseSocket } from "./refuse-socket.ts";

export interface ConnectionGuardDeps extends GrpcEnvironment {
  readonly connectionObserver: ConnectionObserver;
  readonly monotonicMs: () => number;
}

const TOO_MANY = {
  connections: "maxConnections",
  connections_per_peer: "maxConnectionsPerPeer",
} as const satisfies Partial<Record<ConnectionRefusal, keyof ConnectionLimits>>;

export class ConnectionGuard {
  /** For calls of all services. */
  readonly interceptor: ServerInterceptor;
  readonly #limits: ConnectionLimits;
  readonly #calls: CallLimits;
  readonly #observer: ConnectionObserver;
  readonly #warn: RepeatedWarning;
  readonly #refusals: CallRefusals;
  readonly #callGuard: CallGuard;
  readonly #peers: PeerConnections;
  readonly #connections = new Map<string, Connection<GuardedCall>>();
  readonly #bySession = new WeakMap<object, Connection<GuardedCall>>();
  readonly #clock: SweepClock;
  readonly #timer: NodeJS.Timeout;

  constructor(limits: ConnectionLimits, { connectionObserver, monotonicMs, ...env }: ConnectionGuardDeps) {
    const { minBytesPerSecond } = limits;
    this.#limits = limits;
    this.#observer = connectionObserver;
    this.#warn = createRepeatedWarning(env.logger, monotonicMs);
    this.#peers = new PeerConnections(limits);
    this.#calls = {
      requests: new ByteBudget(limits.maxIncompleteRequestBytes),
      answers: new ByteBudget(limits.maxUnreadAnswerBytes),
      request: { timeoutMs: limits.requestTimeoutMs, minBytesPerSecond },
      answer: { timeoutMs: limits.answerTimeoutMs, minBytesPerSecond },
    };
    this.#refusals = new CallRefusals({
      env,
      limits,
      budgets: this.#calls,
      report: (reason, about) => this.#report(reason, about),
    });
    this.#callGuard = {
      limits: this.#calls,
      connectionOf: ({ session }) => (session === undefined ? undefined : this.#bySession.get(session)),
      relieve: (of) => this.#refusals.relieve(of, this.#openCalls(), this.#clock.nowMs),
      refusePieces: (call) => this.#refusals.refusePieces(call),
    };
    this.interceptor = guardCalls(this.#callGuard);
    this.#clock = new SweepClock(limits, monotonicMs);
    this.#timer = setInterval(() => this.#sweep(), this.#clock.intervalMs).unref();
  }

  /** Counts a new connection; one over a limit is refused, and the answer is false. */
  accept(socket: Socket): boolean {
    const connection = new Connection<GuardedCall>(socket, this.#clock.nowMs);
    const { peer } = connection;
    const refusal = this.#peers.add(peer);
    if (refusal !== undefined) {
      const setting = TOO_MANY[refusal];
      refuseSocket(socket, `more than ${this.#limits[setting]} connections (rpc.${setting})`);
      this.#report(refusal, { peer });
      return false;
    }
    const key = keyOf(socket);
    this.#connections.set(key, connection);
    this.#observer.opened();
    socket.once("close", () => {
      this.#connections.delete(key);
      this.#peers.remove(peer);
      this.#observer.closed();
    });
    return true;
  }

  /** To be called once, for the server that has the sessions on these connections. */
  attach(http2Server: Http2Server): void {
    http2Server.on("session", (session: ServerHttp2Session) => {
      const connection = this.#connections.get(keyOf(session.socket));
      if (connection === undefined) return;
      connection.session = session;
      this.#bySession.set(session, connection);
      session.once("remoteSettings", () => {
        connection.settled = true;
      });
    });
  }

  /** Counts what the request of grpc-js's `call` holds more by being inflated; false when it is over. */
  inflated(call: object, bytes: number): boolean {
    return countInflated(call, bytes, this.#callGuard);
  }

  /** Ends what is left at once. */
  close(): void {
    clearInterval(this.#timer);
    for (const { socket } of this.#connections.values()) socket.destroy();
  }

  *#openCalls(): Iterable<GuardedCall> {
    for (const { calls } of this.#connections.values()) yield* calls;
  }

  #sweep(): void {
    const nowMs = this.#clock.advance();
    for (const connection of this.#connections.values()) this.#judge(connection, nowMs);
    this.#observer.held({
      requests: this.#calls.requests.usedBytes,
      answers: this.#calls.answers.usedBytes,
    });
  }

  #judge(connection: Connection<GuardedCall>, nowMs: number): void {
    if (connection.hasEnded()) return;
    const { handshakeTimeoutMs } = this.#limits;
    const { peer, calls } = connection;
    if (!connection.settled) {
      if (nowMs - connection.openedMs <= handshakeTimeoutMs) return;
      connection.refuse(`no HTTP/2 settings within ${handshakeTimeoutMs} ms (rpc.handshakeTimeoutMs)`);
      this.#report("handshake_timeout", { peer });
      return;
    }
    if (connection.isIdle(nowMs, this.#limits) && connection.session?.closed === false) {
      connection.close();
      this.#observer.refused("idle");
      return;
    }
    const writtenBytes = connection.takeWrittenBytes();
    for (const call of calls) {
      const reason = call.overdue(nowMs, writtenBytes);
      if (reason !== undefined) this.#refusals.refuseOverdue(call, reason);
    }
  }

  #report(reason: ConnectionRefusal, about: { readonly peer: string; readonly method?: string }): void {
    this.#observer.refused(reason);
    this.#warn(reason, { reason, ...about }, "connection or call refused");
  }
}

/** Names a connection by its two ends, which are also known behind TLS. */
function keyOf({
  remoteAddress,
  remotePort,
  localAddress,
}: Pick<Socket, "remoteAddress" | "remotePort" | "localAddress">): string {
  return `${remoteAddress}|${remotePort}|${localAddress}`;
}

/** Milliseconds that move on at each look, and never by much more than a look is away from the next. */
class SweepClock {
  readonly intervalMs: number;
  readonly #monotonicMs: () => number;
  #lastMs: number;
  nowMs = 0;

  constructor(
    { handshakeTimeoutMs, idleTimeoutMs, requestTimeoutMs, answerTimeoutMs }: ConnectionLimits,
    monotonicMs: () => number,
  ) {
    const shortestMs = Math.min(handshakeTimeoutMs, idleTimeoutMs, requestTimeoutMs, answerTimeoutMs);
    this.intervalMs = Math.min(1_000, Math.max(10, shortestMs / 4));
    this.#monotonicMs = monotonicMs;
    this.#lastMs = monotonicMs();
  }

  advance(): number {
    const elapsedMs = this.#monotonicMs() - this.#lastMs;
    this.#lastMs += elapsedMs;
    this.nowMs += Math.min(elapsedMs, 2 * this.intervalMs);
    return this.nowMs;
  }
}
