/** One calibration: a class of searches of one collection, and the namespaces in it that need their own. */
import { recallTargetOf } from "../../query/plan/recall-settings.ts";
import { indexBuildStatement } from "../../shards/sql/recall.ts";
import { hashText, shardAt, shardKeyOf } from "../../topology/ring.ts";
import type { Collection, Shard } from "../../topology/shard-map.ts";
import type { FanOutClass } from "../classes.ts";
import { type Calibration, indexNameOf, type Measured } from "../measured.ts";
import type { SeenQuery } from "../query-reservoir.ts";
import { settingsOf } from "../settings-of.ts";
import { chooseQueries } from "./choose-queries.ts";
import { measureClass } from "./measure-class.ts";
import { measureNamespaces } from "./measure-namespaces.ts";
import { measureTakes } from "./measure-takes.ts";
import { ownLinks } from "./own-links.ts";
import type { ShardAsker } from "./shard-asker.ts";

/** What is to be measured. */
export interface DueClass {
  readonly collection: Collection;
  readonly sizeClass: number;
  readonly fanOut: FanOutClass;
  /** All that a search of the class asks. */
  readonly shards: readonly Shard[];
}

export interface CalibrationSources {
  readonly rowsOf: (collection: Collection, shard: Shard) => number;
  /** Vectors that the collection was really searched by. */
  readonly seen: (collection: Collection) => readonly SeenQuery[];
}

export const CALIBRATION_QUERIES = 200;
/** What searches often want. */
const COMMON_TARGETS = [0.9, 0.95, 0.99];
/** Where no width reaches the target, filters are measured at this one. */
const OTHER_WIDTH = 320;

/** The lines of the class: one, and one for each namespace that is harder; none without queries. */
export async function calibrateClass(
  due: DueClass,
  sources: CalibrationSources,
  asker: ShardAsker,
): Promise<readonly Calibration[]> {
  const { collection, sizeClass, fanOut, shards } = due;
  const rowsOf = (shard: Shard) => sources.rowsOf(collection, shard);
  const subject = { collection, shards, counted: { kind: "all" } } as const;
  const seen = seenOn(due, sources.seen(collection));
  const wantedQueries = { ...subject, wanted: CALIBRATION_QUERIES, rowsOf, seen };
  const { kind, queries } = await chooseQueries(wantedQueries, asker);
  if (queries.length === 0) return [];
  const links = kind === "stored" ? ownLinks(collection) : 0;
  const own = recallTargetOf(collection);
  const targets = [...new Set([...COMMON_TARGETS, own])].filter((target) => target < 1);
  const { curves } = await measureClass({ ...subject, queries, rowsOf, targets, links }, asker);
  const rows = shards.reduce((sum, shard) => sum + rowsOf(shard), 0);
  const common = {
    index: indexNameOf(collection),
    builds: await readBuilds(collection, shards, asker),
    rows,
    shards: shards.length,
    queries: kind,
  };
  const line = (namespace: string, measured: Measured) => ({
    collectionId: collection.id,
    sizeClass,
    fanOut,
    namespace,
    measured,
  });
  const unfiltered: Measured = { ...common, curves: [...curves], takes: [] };
  const [shard] = shards;
  if (shards.length > 1 || shard === undefined) return [line("", unfiltered)];

  const usual = settingsOf(unfiltered, { target: Math.min(own, 0.99), topK: 10 });
  const {
    efSearch,
    oversampling,
    expected = 1,
  } = usual === "exact" ? { efSearch: OTHER_WIDTH, oversampling: 1 } : usual;
  const takes = await measureTakes({ ...subject, queries, rows, efSearch, oversampling, links }, asker);
  const measured = { ...unfiltered, takes };
  if (usual === "exact") return [line("", measured)];
  const { take } = withTake(settingsOf(measured, { target: Math.min(own, 0.99), topK: 10 }));
  const wanted = { collection, shard, rows, usual: { efSearch, take, expected }, oversampling };
  const outliers = await measureNamespaces(wanted, asker);
  return [
    line("", measured),
    ...outliers.map(({ namespace, curves: ownCurves, takes: ownTakes }) =>
      line(namespace, { ...common, queries: "stored", curves: ownCurves, takes: ownTakes }),
    ),
  ];
}

/** The queries that asked these shards. */
function seenOn(
  { collection, shards, fanOut }: DueClass,
  seen: readonly SeenQuery[],
): readonly Float32Array[] {
  return seen
    .filter(
      ({ namespace }) =>
        namespace === undefined ||
        (fanOut === 1 && shardAt(collection, hashText(shardKeyOf(namespace))).id === shards[0]?.id),
    )
    .map(({ vector }) => vector);
}

function withTake(settings: ReturnType<typeof settingsOf>): { readonly take: number } {
  return settings === "exact" ? { take: 1 } : settings;
}

/** Names the builds of the vector indexes, as `changedBuilds` compares them. */
export async function readBuilds(
  collection: Collection,
  shards: readonly Shard[],
  asker: ShardAsker,
): Promise<string> {
  const builds: string[] = [];
  for (const shard of shards) {
    const statement = indexBuildStatement(asker.measured(collection, shard));
    const { rows } = await asker.ask(shard, statement, ([build]) => String(build));
    builds.push(`${shard.id}=${rows[0] ?? ""}`);
  }
  return builds.join(",");
}
