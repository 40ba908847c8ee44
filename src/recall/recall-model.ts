/**
 * Chooses by calibrations how wide an index is searched. A class without one is searched as its neighbours
 * are, by the more careful of them; a collection without any by what is assumed (assumed.ts). Pure but for a
 * cache: it is asked for every target of every search.
 */
import type { RecallModel, RecallSettings, WantedRecall } from "../query/plan/recall-settings.ts";
import { assumedSettings } from "./assumed.ts";
import { FAN_OUT_CLASSES, type FanOutClass, fanOutClassOf, sizeClassOf } from "./classes.ts";
import { MAX_WIDTH } from "./max-width.ts";
import { type Calibration, indexNameOf, type Measured } from "./measured.ts";
import { settingsOf } from "./settings-of.ts";

/** Of a shard four times as large. */
const GROWTH_BY_CLASS = 1.3;
/** Targets are told apart by ten-thousandths, and the next above is taken. */
const STEPS = 10_000;
/** Where more combinations are asked for, somebody asks for ever new ones. */
const CACHED = 10_000;

export function createRecallModel(calibrations: readonly Calibration[]): RecallModel {
  const collections = new Map<number, CollectionModel>();
  for (const calibration of calibrations) {
    const known = collections.get(calibration.collectionId) ?? new CollectionModel();
    known.add(calibration);
    collections.set(calibration.collectionId, known);
  }
  const assumed = new Map<number, CollectionModel>();
  return {
    settingsFor(wanted) {
      if (wanted.target >= 1 || wanted.collection.settings?.index === "none") return "exact";
      const { id } = wanted.collection;
      let model = collections.get(id) ?? assumed.get(id);
      if (model === undefined) {
        // Collections come and go; of those that went none is asked for again.
        if (assumed.size >= CACHED) assumed.clear();
        model = new CollectionModel();
        assumed.set(id, model);
      }
      return model.settingsFor(wanted);
    },
  };
}

/** A class of searches of one collection. */
interface SearchClass {
  readonly sizeClass: number;
  readonly fanOut: FanOutClass;
}

class CollectionModel {
  /** By fan-out class and size class. */
  readonly #lines = new Map<FanOutClass, Map<number, Measured>>();
  readonly #namespaces = new Map<string, CollectionModel>();
  readonly #cache = new Map<number, RecallSettings | "exact">();

  add({ sizeClass, fanOut, namespace, measured }: Calibration): void {
    if (namespace !== "") {
      const own = this.#namespaces.get(namespace) ?? new CollectionModel();
      own.add({ collectionId: 0, sizeClass, fanOut, namespace: "", measured });
      this.#namespaces.set(namespace, own);
      return;
    }
    const lines = this.#lines.get(fanOut) ?? new Map<number, Measured>();
    this.#lines.set(fanOut, lines.set(sizeClass, measured));
  }

  settingsFor(wanted: WantedRecall): RecallSettings | "exact" {
    const { target, topK, shardRows, fanOut, namespace } = wanted;
    const own = namespace === undefined ? undefined : this.#namespaces.get(namespace);
    if (own !== undefined) return own.settingsFor({ ...wanted, namespace: undefined });
    const sizeClass = shardRows === undefined ? 31 : sizeClassOf(shardRows);
    const fanOutClass = fanOutClassOf(fanOut);
    // Whole numbers, each with room of its own: target, rows wanted, size (below 32), fan-out (below 32).
    const key = ((Math.ceil(target * STEPS) * 1024 + topK) * 32 + sizeClass) * 32 + fanOutClass;
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    if (this.#cache.size >= CACHED) this.#cache.clear();
    const careful = { ...wanted, target: Math.ceil(target * STEPS) / STEPS };
    const settings =
      this.#measuredSettings(careful, { sizeClass, fanOut: fanOutClass }) ?? assumedSettings(careful);
    this.#cache.set(key, settings);
    return settings;
  }

  /** Undefined when no class of this index was measured. */
  #measuredSettings(wanted: WantedRecall, { sizeClass, fanOut }: SearchClass) {
    const index = indexNameOf(wanted.collection);
    const at = FAN_OUT_CLASSES.indexOf(fanOut);
    const inClass = (fanOutClass: FanOutClass) => {
      const line = nearestLine(this.#lines.get(fanOutClass), sizeClass, index);
      return line && widened(settingsOf(line.measured, wanted), line.widenBy);
    };
    const own = inClass(fanOut);
    if (own !== undefined) return own;
    const firstOf = (classes: readonly FanOutClass[]) =>
      classes.map(inClass).find((settings) => settings !== undefined);
    return moreCareful(
      firstOf(FAN_OUT_CLASSES.slice(0, at).toReversed()),
      firstOf(FAN_OUT_CLASSES.slice(at + 1)),
    );
  }
}

interface NearestLine {
  readonly measured: Measured;
  /** What the width is multiplied by, as the shards that were measured are smaller. */
  readonly widenBy: number;
}

/** The class itself, or the next larger one, or else the next smaller one. */
function nearestLine(
  lines: ReadonlyMap<number, Measured> | undefined,
  sizeClass: number,
  index: string,
): NearestLine | undefined {
  if (lines === undefined) return undefined;
  const fitting = [...lines].filter(([, measured]) => measured.index === index).sort(([a], [b]) => a - b);
  const larger = fitting.find(([other]) => other >= sizeClass);
  if (larger !== undefined) return { measured: larger[1], widenBy: 1 };
  const smaller = fitting.at(-1);
  // A shard without statistics is as large as the largest that was measured.
  const steps = smaller === undefined || sizeClass === 31 ? 0 : sizeClass - smaller[0];
  return smaller && { measured: smaller[1], widenBy: GROWTH_BY_CLASS ** steps };
}

function widened(settings: RecallSettings | "exact", by: number): RecallSettings | "exact" {
  if (settings === "exact" || by === 1) return settings;
  const efSearch = Math.ceil(settings.efSearch * by);
  return efSearch > MAX_WIDTH ? "exact" : { ...settings, efSearch };
}

function moreCareful(
  a: RecallSettings | "exact" | undefined,
  b: RecallSettings | "exact" | undefined,
): RecallSettings | "exact" | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a === "exact" || b === "exact") return "exact";
  return {
    efSearch: Math.max(a.efSearch, b.efSearch),
    take: Math.max(a.take, b.take),
    oversampling: Math.max(a.oversampling, b.oversampling),
    expected: Math.min(a.expected ?? 1, b.expected ?? 1),
  };
}
