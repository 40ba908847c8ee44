/**
 * The open, idle connections to one server, held outside of `pg`'s pool. The pool opens and closes them, but
 * taking one out and giving it back would cost two promises, a timer and a turn of the event loop per
 * statement.
 */
import { Pool, type PoolClient, type PoolConfig } from "pg";
import { GOODBYE_MS, hangUp } from "./hang-up.ts";

export interface PgConnectionsOptions {
  readonly config: PoolConfig;
  /** Called with each new connection; what it throws refuses the connection. */
  readonly greet: (client: PoolClient) => Promise<void>;
  readonly maxLifetimeMs: number;
  /** How often a connection is given back before it is closed; 0: any number. */
  readonly maxUses: number;
  /** 0 to 1; spreads the ends of the connections' lives. */
  readonly random: () => number;
}

interface Life {
  readonly endsAtMs: number;
  readonly generation: number;
  usesLeft: number;
  idleSinceMs: number;
  /** Its socket is gone. */
  lost: boolean;
}

const IDLE_TIMEOUT_MS = 300_000;
/** A server that is busy answers much sooner. */
const PROBE_TIMEOUT_MS = 5_000;
const SWEEP_INTERVAL_MS = 30_000;

export class PgConnections {
  readonly #options: PgConnectionsOptions;
  readonly #pool: Pool;
  readonly #lives = new WeakMap<PoolClient, Life>();
  /** The one used last is taken next, so that the others can reach their idle timeout. */
  readonly #idle: PoolClient[] = [];
  /** They were idle, and are asked whether they still lead to the server. */
  readonly #doubted = new Set<PoolClient>();
  readonly #sweep: NodeJS.Timeout;
  #generation = 0;
  #closed: Promise<void> | undefined;

  constructor(options: PgConnectionsOptions) {
    this.#options = options;
    // The types say void, but the pool waits for the promise (pg-pool's index.js, connect).
    const onConnect = ((client: PoolClient) => this.#begin(client)) as (client: unknown) => void;
    this.#pool = new Pool({ ...options.config, idleTimeoutMillis: IDLE_TIMEOUT_MS, onConnect });
    this.#pool.on("error", () => {});
    this.#sweep = setInterval(() => this.#closeUnused(), SWEEP_INTERVAL_MS);
    this.#sweep.unref();
  }

  get total(): number {
    return this.#pool.totalCount;
  }

  get idle(): number {
    return this.#idle.length + this.#pool.idleCount;
  }

  /** One that is open, at once; undefined when all of them are in use. */
  takeIdle(): PoolClient | undefined {
    return this.#idle.pop();
  }

  /** A new one. Errors of `pg` and of `greet`. */
  open(): Promise<PoolClient> {
    const [doubted] = this.#doubted;
    if (doubted !== undefined && this.#pool.totalCount >= this.#pool.options.max) {
      this.#doubted.delete(doubted);
      discard(doubted);
    }
    return this.#pool.connect();
  }

  /** Closed when `broken`, past its lifetime, or used up. */
  giveBack(client: PoolClient, broken: boolean): void {
    const life = this.#lives.get(client);
    if (life !== undefined) life.usesLeft -= 1;
    this.#keep(client, life, !broken);
  }

  /** Every present connection is closed when it is next given back. */
  retire(): void {
    this.#generation += 1;
  }

  /** As `retire`, and those that are idle are closed at once. */
  replaceAll(): void {
    this.retire();
    this.closeIdle();
  }

  closeIdle(): void {
    for (const client of [...this.#idle.splice(0), ...this.#doubted]) discard(client);
    this.#doubted.clear();
  }

  /**
   * For when one of them may have led nowhere: those that are idle are used again once they answer, and
   * closed when they do not. Closing all of them at once would make a busy server busier.
   */
  probeIdle(): void {
    for (const client of this.#idle.splice(0)) {
      this.#doubted.add(client);
      void isAnswering(client).then((answering) => {
        // Otherwise it is closed already.
        if (this.#doubted.delete(client)) this.#keep(client, this.#lives.get(client), answering);
      });
    }
  }

  /** Resolves when those in use have been given back and all are closed. */
  close(): Promise<void> {
    if (this.#closed === undefined) {
      clearInterval(this.#sweep);
      this.#closed = this.#pool.end();
      this.closeIdle();
    }
    return this.#closed;
  }

  /** As an idle one, unless it has to be closed. */
  #keep(client: PoolClient, life: Life | undefined, usable: boolean): void {
    const nowMs = performance.now();
    const ends =
      life === undefined ||
      life.lost ||
      life.generation !== this.#generation ||
      nowMs > life.endsAtMs ||
      life.usesLeft <= 0;
    if (!usable || ends || this.#closed !== undefined) {
      discard(client);
      return;
    }
    life.idleSinceMs = nowMs;
    this.#idle.push(client);
  }

  async #begin(client: PoolClient): Promise<void> {
    const { maxLifetimeMs, maxUses, random, greet } = this.#options;
    const nowMs = performance.now();
    const life = {
      endsAtMs: nowMs + maxLifetimeMs * (1 - 0.1 * random()),
      generation: this.#generation,
      usesLeft: maxUses === 0 ? Number.POSITIVE_INFINITY : Math.ceil(maxUses * (1 - 0.1 * random())),
      idleSinceMs: nowMs,
      lost: false,
    };
    this.#lives.set(client, life);
    // A statement under way gets the error too; without this listener the event would end the process.
    client.on("error", () => {
      life.lost = true;
      const place = this.#idle.indexOf(client);
      if (place === -1) return;
      this.#idle.splice(place, 1);
      discard(client);
    });
    await greet(client);
  }

  #closeUnused(): void {
    const oldestMs = performance.now() - IDLE_TIMEOUT_MS;
    while (this.#idle.length > 0) {
      const client = this.#idle[0] as PoolClient;
      if ((this.#lives.get(client)?.idleSinceMs ?? 0) > oldestMs) return;
      this.#idle.shift();
      discard(client);
    }
  }
}

/** False when it does not within some seconds. */
function isAnswering(client: PoolClient): Promise<boolean> {
  return new Promise((resolve) => {
    const tooLate = setTimeout(() => resolve(false), PROBE_TIMEOUT_MS);
    client
      .query("SELECT 1")
      .then(
        () => resolve(true),
        () => resolve(false),
      )
      .finally(() => clearTimeout(tooLate));
  });
}

/** Closes it, and does not wait long for a server that does not respond. */
function discard(client: PoolClient): void {
  const tooLate = setTimeout(() => hangUp(client), GOODBYE_MS);
  client.once("end", () => clearTimeout(tooLate));
  client.release(true);
}
