/** One driver per node of the present map, opened on first use and closed when the node leaves the map. */
import { OrreryError } from "../errors.ts";
import type { Logger } from "../lib/logger.ts";
import { type Catalog, type GroupId, type Node, primaryOf, type ShardMap } from "../topology/shard-map.ts";
import {
  failedResult,
  type Hello,
  type NodeDriver,
  type NodeRunner,
  type PoolState,
  type RunOptions,
  type StatementResult,
} from "./node-driver.ts";
import type { SchemaRange } from "./schema-range.ts";
import type { Statement } from "./statement.ts";
import { whyRefused } from "./why-refused.ts";

/** How a node answered this coordinator last. */
export interface NodeHealth {
  /** Milliseconds since 1970; undefined when it never answered. */
  readonly answeredAtMs?: number;
  /** Why the last attempt failed; undefined when it did not. */
  readonly error?: string;
}

export interface PooledDriver extends NodeDriver {
  retireConnections(): void;
  connections(): PoolState;
}

export interface NodePools extends NodeRunner {
  /** Follows the map: closes pools of nodes that left, retires connections of nodes that lost shards. */
  applyMap(map: ShardMap): void;
  health(node: Node): NodeHealth;
  /** Of requests. */
  connections(): readonly (PoolState & { readonly node: string })[];
  /** The same nodes by connections of their own, for what must not wait for requests. */
  readonly upkeep: NodeRunner;
  close(): Promise<void>;
}

export interface NodePoolsOptions {
  readonly openDriver: OpenDriver;
  readonly openUpkeep: OpenDriver;
  /** Versions of the schema that a node may have. */
  readonly schema: SchemaRange;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
}

type OpenDriver = (node: Node, verify: (hello: Hello) => void) => PooledDriver;

interface Pool {
  readonly node: Node;
  readonly driver: PooledDriver;
  readonly upkeep: PooledDriver;
  health: NodeHealth;
}

/** Codes after which the node counts as having answered. */
const ANSWERED = new Set([
  "SHARD_MOVING",
  "STATEMENT_CONFLICT",
  "LOCK_TIMEOUT",
  "STATEMENT_FAILED",
  "NODE_NOT_MIGRATED",
]);

export function createNodePools(options: NodePoolsOptions): NodePools {
  return new Pools(options);
}

class Pools implements NodePools {
  readonly #options: NodePoolsOptions;
  readonly #pools = new Map<string, Pool>();
  readonly #closing = new Set<Promise<void>>();
  #isClosed = false;
  #map: Catalog = { clusterId: "", nodes: [], collections: [] };
  #shardsByGroup: ReadonlyMap<GroupId, ReadonlySet<number>> = new Map();

  readonly upkeep: NodeRunner = {
    runOn: async (group, statement, options) => {
      const pool = this.#poolOf(group);
      if (pool instanceof OrreryError) return failedResult(pool, 0);
      return this.#noteHealth(pool, pool.upkeep, await pool.upkeep.run(statement, options));
    },
  };

  constructor(options: NodePoolsOptions) {
    this.#options = options;
  }

  async runOn(group: GroupId, statement: Statement, options: RunOptions): Promise<StatementResult> {
    const pool = this.#poolOf(group);
    if (pool instanceof OrreryError) return failedResult(pool, 0);
    return this.#noteHealth(pool, pool.driver, await pool.driver.run(statement, options));
  }

  #noteHealth(pool: Pool, by: PooledDriver, result: StatementResult): StatementResult {
    const { error } = result;
    const answered = { answeredAtMs: this.#options.epochMs() };
    pool.health = error === undefined || hasAnswered(error, by) ? answered : healthAfter(error, pool.health);
    return result;
  }

  applyMap(map: ShardMap): void {
    this.#map = map;
    const shards = shardsByGroup(map);
    for (const [name, pool] of this.#pools) {
      const node = map.nodes.find((other) => other.name === name);
      if (node === undefined || node.group !== pool.node.group) this.#drop(name, pool);
      else if (lostSome(this.#shardsByGroup.get(node.group), shards.get(node.group))) {
        pool.driver.retireConnections();
        pool.upkeep.retireConnections();
      }
    }
    this.#shardsByGroup = shards;
  }

  health(node: Node): NodeHealth {
    return this.#pools.get(node.name)?.health ?? {};
  }

  connections() {
    return [...this.#pools].map(([node, { driver }]) => ({ node, ...driver.connections() }));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const [name, pool] of this.#pools) this.#drop(name, pool);
    await Promise.all(this.#closing);
  }

  #poolOf(group: GroupId): Pool | OrreryError {
    if (this.#isClosed) return new OrreryError("NODE_UNAVAILABLE", "the connections to the nodes are closed");
    const node = primaryOf(this.#map, group);
    if (node === undefined) {
      return new OrreryError("NODE_UNAVAILABLE", `the shard map has no primary for node group ${group}`, {
        details: { metadata: { group: String(group) } },
      });
    }
    let pool = this.#pools.get(node.name);
    if (pool === undefined) {
      const verify = (hello: Hello) => this.#verify(node, hello);
      const { openDriver, openUpkeep } = this.#options;
      pool = { node, driver: openDriver(node, verify), upkeep: openUpkeep(node, verify), health: {} };
      this.#pools.set(node.name, pool);
    }
    return pool;
  }

  /** Once per connection. */
  #verify(node: Node, hello: Hello): void {
    const { logger, schema } = this.#options;
    const refusal = whyRefused(node, hello, { clusterId: this.#map.clusterId, schema });
    if (refusal === undefined) return;
    const { code, problem } = refusal;
    logger.warn({ node: node.name, problem }, "refusing a node");
    throw new OrreryError(code, `node ${node.name} ${problem}`, {
      details: { metadata: { node: node.name } },
    });
  }

  #drop(name: string, pool: Pool): void {
    this.#pools.delete(name);
    const closed = Promise.all([pool.driver.close(), pool.upkeep.close()]).then(noop, (error: unknown) => {
      this.#options.logger.warn({ node: name, error: String(error) }, "closing connections failed");
    });
    this.#closing.add(closed);
    void closed.then(() => this.#closing.delete(closed));
  }
}

const noop = () => {};

/** `by`: what it came by. */
function hasAnswered({ code }: OrreryError, by: PooledDriver): boolean {
  // When no connection to it is accepted it is the node that lacks something, not one statement a right.
  const isRefused = code === "NODE_NOT_MIGRATED" && by.connections().total === 0;
  return ANSWERED.has(code) && !isRefused;
}

function healthAfter({ code, message }: OrreryError, before: NodeHealth): NodeHealth {
  // A client that gave up or had little time says nothing about the node; pings have a limit of their own.
  if (["CANCELLED", "DEADLINE_EXCEEDED", "OVERLOADED"].includes(code)) return before;
  return { ...before, error: message };
}

function shardsByGroup(map: Catalog): Map<GroupId, Set<number>> {
  const groups = new Map<GroupId, Set<number>>();
  for (const { shards } of map.collections) {
    for (const { id, group } of shards) {
      const ids = groups.get(group) ?? new Set();
      groups.set(group, ids.add(id));
    }
  }
  return groups;
}

function lostSome(before: ReadonlySet<number> | undefined, after: ReadonlySet<number> | undefined): boolean {
  for (const id of before ?? []) if (after?.has(id) !== true) return true;
  return false;
}
