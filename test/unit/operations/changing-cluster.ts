/** A cluster in memory, as the jobs that change it see it: a move ends when the test says so, or at once. */
import type {
  LongStatement,
  PinRow,
  PlacementChanges,
  StatementReading,
  TransferPhase,
} from "../../../src/engines/placement-changes.ts";
import { OrreryError } from "../../../src/errors.ts";
import type { Obstacle } from "../../../src/operations/move-limits.ts";
import type { ClusterInventory } from "../../../src/rebalance/cluster-inventory.ts";
import type { Catalog } from "../../../src/topology/shard-map.ts";
import { sampleGroup, sampleInventory, sampleNode } from "../rebalance/sample-inventory.ts";

const NODES = [1, 2, 3].map((group) => ({ id: group, group, name: `n${group}:1`, role: "primary" as const }));

export class MemoryCluster {
  readonly groups = new Map<number, number>([1, 2, 3, 4].map((shard) => [shard, 1]));
  readonly begun: number[] = [];
  readonly cuts: Extract<LongStatement, { kind: "split" }>[] = [];
  readonly cancelledSessions: string[] = [];
  /** Of moves, by shard. */
  readonly phases = new Map<number, TransferPhase>();
  mostAtOnce = 0;
  /** What keeps moves from beginning. */
  obstacle: Obstacle | undefined;
  held = false;
  /** Of every statement. */
  broken: OrreryError | undefined;
  /** Of what is done with a shard group that has moved. */
  brokenAfterMoves: OrreryError | undefined;
  /** Of the next statements. */
  readonly failures: OrreryError[] = [];
  /** Node group by namespace. */
  readonly pins = new Map<string, number>();
  /** Nodes that get no shards. */
  readonly drained = new Set<string>();
  /** Whether its statements go on when they are cancelled. */
  heedsNothing = false;
  cleanUps = 0;
  readings = 0;
  /** How far every statement is at the reading of this number. */
  reading = (number: number): StatementReading => ({ marks: [`copied ${number}`], obstacles: [] });
  /** Whether all nodes have them. */
  referenceTables = false;
  /** Of shards that were cut. */
  readonly #ranges = new Map<number, { readonly min: number; readonly max: number }>();
  #running = new Map<string, { shard: number; end: (error?: Error) => void }>();

  catalog(): Catalog {
    const shards = [...this.groups]
      .map(([id, group]) => ({ id, group, ...(this.#ranges.get(id) ?? quarter(id - 1)) }))
      .sort((a, b) => a.min - b.min);
    const collection = {
      id: 1,
      name: "c",
      table: "c_1",
      dimension: 3,
      metric: "cosine" as const,
      quantization: "none" as const,
      hnsw: { m: 16, efConstruction: 64 },
      shards,
    };
    return { clusterId: "x", nodes: NODES, collections: [collection] };
  }
  inventory(): ClusterInventory {
    const [{ shards } = { shards: [] }] = this.catalog().collections;
    return sampleInventory({
      nodes: NODES.map(({ group, name }) => sampleNode(group, { name })),
      shardGroups: shards.map(({ id, ...shard }) =>
        sampleGroup(id, shard.group, { ...shard, collection: "c" }),
      ),
    });
  }
  release() {
    this.held = false;
    for (const { end } of this.#running.values()) end();
  }
  /** The pieces get the next ids. */
  #split({ shard, points, nodes }: Extract<LongStatement, { kind: "split" }>) {
    const [{ shards } = { shards: [] }] = this.catalog().collections;
    const cut = shards.find(({ id }) => id === shard);
    if (cut === undefined) throw new Error(`no shard ${shard}`);
    this.groups.delete(shard);
    const first = Math.max(...this.groups.keys(), shard) + 1;
    [...points, cut.max].forEach((max, index) => {
      this.#ranges.set(first + index, {
        min: index === 0 ? cut.min : (points[index - 1] as number) + 1,
        max,
      });
      this.groups.set(first + index, nodes[index] as number);
    });
  }
  #afterMove() {
    if (this.brokenAfterMoves !== undefined) throw this.brokenAfterMoves;
  }
  async run(statement: LongStatement, session: string) {
    const failure = this.failures.shift() ?? this.broken;
    if (failure !== undefined) throw failure;
    if (statement.kind === "copy reference tables") {
      this.referenceTables = true;
      return;
    }
    if (statement.kind === "split") {
      this.cuts.push(statement);
      this.#split(statement);
      return;
    }
    if (statement.kind === "reindex") return;
    this.begun.push(statement.shard);
    await new Promise<void>((resolve, reject) => {
      const end = (error?: Error) => {
        this.#running.delete(session);
        if (error === undefined) this.groups.set(statement.shard, statement.target);
        if (error === undefined) resolve();
        else reject(error);
      };
      this.#running.set(session, { shard: statement.shard, end });
      this.mostAtOnce = Math.max(this.mostAtOnce, this.#running.size);
      if (!this.held) setTimeout(end, 5);
    });
  }
  readonly changes = {
    readCatalog: async () => this.catalog(),
    readNodes: async () =>
      NODES.map((node) => ({
        ...node,
        active: true,
        mayHoldShards: !this.drained.has(node.name),
        shards: 1,
      })),
    missingRights: async () => ({ role: "admin", missing: [] }),
    readPins: async () =>
      [...this.pins].map(([namespace, group]) => ({ collection: 1, namespace, shardKey: namespace, group })),
    shardSize: async () => ({ bytes: 100, indexBytes: 40, rows: 1 }),
    runStatement: (statement: LongStatement, { session }: { session: string }) =>
      this.run(statement, session),
    isUnderWay: async (session: string) => this.#running.has(session),
    cancelStatement: async ({ session }: { session: string }) => {
      this.cancelledSessions.push(session);
      if (this.heedsNothing) return;
      this.#running.get(session)?.end(new OrreryError("DEADLINE_EXCEEDED", "canceling statement"));
    },
    readStatement: async (session: string) => {
      this.readings += 1;
      return this.#running.has(session) ? this.reading(this.readings) : undefined;
    },
    transfers: async () =>
      [...this.phases].map(([shard, phase]) => ({ shard, phase, sourceBytes: 0, targetBytes: 0 })),
    analyse: async () => this.#afterMove(),
    recordMove: async () => this.#afterMove(),
    cleanUp: async () => {
      this.cleanUps += 1;
      return 0;
    },
    putPin: async ({ namespace, group }: PinRow) => {
      this.pins.set(namespace, group);
    },
    removePin: async ({ namespace }: Pick<PinRow, "namespace">) => {
      this.pins.delete(namespace);
    },
    addNode: async () => {},
    hasReferenceTables: async () => this.referenceTables,
    serverFacts: async () => ({ walLevel: "logical" }),
    setRights: async () => {},
  } as unknown as PlacementChanges;
}

/** Of the hash ring. */
function quarter(index: number) {
  const min = -(2 ** 31) + index * 2 ** 30;
  return { min, max: min + 2 ** 30 - 1 };
}
