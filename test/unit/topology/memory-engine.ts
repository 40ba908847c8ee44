/** An engine in memory: catalogs that the test sets, reads that the test can hold up. */
import type { CollectionUpdates, SettingsIndexes } from "../../../src/engines/collection-updates.ts";
import type { CollectionSpec } from "../../../src/engines/engine.ts";
import { OrreryError } from "../../../src/errors.ts";
import { changedSettings } from "../../../src/topology/collection-settings.ts";
import type { Finding } from "../../../src/topology/findings.ts";
import type { Catalog, GroupId } from "../../../src/topology/shard-map.ts";
import { sampleCatalog } from "../../contract/sample-map.ts";

function namesOf({ filterIndexes = [], recordIndexes = [] }: SettingsIndexes): readonly string[] {
  return [...recordIndexes, ...filterIndexes.map(({ name }) => name)];
}

export class MemoryEngine {
  catalog: Catalog = sampleCatalog();
  reachable = true;
  found: readonly Finding[] = [];
  readonly terms: string[] = [];
  /** The group each read asked first, in the order the reads began. */
  readonly reads: (GroupId | undefined)[] = [];
  /** Indexes that are there, by the names of their fields or what they are of. */
  readonly built = new Set<string>();
  /** What a build waits for. */
  buildsUntil: (signal: AbortSignal) => Promise<void> = async () => {};
  readonly updates: CollectionUpdates = {
    buildIndexes: async (_, indexes, { signal, confirm }) => {
      await confirm();
      for (const name of namesOf(indexes)) {
        this.built.add(name);
        await this.buildsUntil(signal);
        signal.throwIfAborted();
      }
    },
    storeInline: async (_, { confirm }) => {
      await confirm();
      this.built.add("inline");
    },
    dropIndexes: async (_, indexes, { confirm }) => {
      await confirm();
      for (const name of namesOf(indexes)) this.built.delete(name);
    },
    changeSettings: async ({ id }, change, { confirm }) => {
      await confirm();
      const collections = this.catalog.collections.map((collection) =>
        collection.id === id
          ? { ...collection, settings: changedSettings(collection.settings ?? {}, change) }
          : collection,
      );
      this.catalog = { ...this.catalog, collections };
    },
  };
  #heldUp: { readonly from: GroupId | undefined; readonly until: Promise<void> } | undefined;

  /**
   * From now on a read that asks `from` first takes its snapshot when it begins, but answers only after the
   * function returned was called.
   */
  holdReads(from?: GroupId): () => void {
    let release = () => {};
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#heldUp = { from, until };
    return () => {
      this.#heldUp = undefined;
      release();
    };
  }

  async readMap({ from }: { readonly signal: AbortSignal; readonly from?: GroupId }): Promise<Catalog> {
    this.reads.push(from);
    const { catalog, reachable } = this;
    if (this.#heldUp?.from === from) await this.#heldUp?.until;
    if (!reachable) throw new OrreryError("MAP_UNAVAILABLE", "no node answers");
    return structuredClone(catalog);
  }

  async createCollection(
    spec: CollectionSpec,
    _signal: AbortSignal,
    confirm?: () => Promise<void>,
  ): Promise<void> {
    await confirm?.();
    const { collections } = this.catalog;
    if (collections.some(({ name }) => name === spec.name)) return;
    const { name, dimension, metric, quantization, hnsw } = spec;
    const [created] = sampleCatalog({ [name]: 1 }).collections;
    if (created === undefined) throw new Error("unreachable");
    this.catalog = {
      ...this.catalog,
      collections: [
        ...collections,
        {
          ...created,
          dimension,
          metric,
          quantization,
          hnsw,
          ...(spec.settings && { settings: spec.settings }),
        },
      ],
    };
  }

  async dropCollection(name: string, _signal: AbortSignal, id?: number): Promise<void> {
    const collections = this.catalog.collections.filter(
      (collection) => collection.name !== name || collection.id !== (id ?? collection.id),
    );
    this.catalog = { ...this.catalog, collections };
  }

  async raiseTerm(holder: string): Promise<number> {
    if (!this.reachable) throw new OrreryError("NODE_UNAVAILABLE", "no node answers");
    return this.terms.push(holder);
  }

  async check(): Promise<readonly Finding[]> {
    return this.found;
  }
}
