/** Indexes that the leader has built anew by itself. Part of the composition root. */
import type { Collectors } from "../collectors/start-collectors.ts";
import { createIndexUpkeep } from "../operations/index-upkeep.ts";
import type { Leader } from "../topology/leader.ts";
import type { Administration } from "./administration.ts";
import type { CoordinatorContext } from "./coordinator-context.ts";
import type { MapAndNodes } from "./map-and-nodes.ts";

const INTERVAL_MS = 10_000;

export interface IndexUpkeepParts
  extends Pick<MapAndNodes, "storage">,
    Pick<Administration, "operations" | "clusterAdmin"> {
  readonly leading: Pick<Leader, "addTask">;
  /** Undefined: nobody knows how much indexes have grown. */
  readonly collectors: Pick<Collectors, "balance"> | undefined;
}

export function startIndexUpkeep(
  { config, logger, monotonicMs }: CoordinatorContext,
  { storage: { engine }, operations, clusterAdmin: admin, leading, collectors }: IndexUpkeepParts,
): void {
  const bloat = () =>
    new Map(
      (collectors?.balance.latest()?.shards ?? []).flatMap(({ id, indexBloat }) =>
        indexBloat === undefined ? [] : [[id, indexBloat] as const],
      ),
    );
  const settings = config.reindex;
  leading.addTask(
    createIndexUpkeep({
      changes: engine.indexes,
      relations: engine,
      admin,
      operations,
      bloat,
      settings,
      intervalMs: INTERVAL_MS,
      logger,
      epochMs: Date.now,
      monotonicMs,
    }),
  );
}
