import { expect, it } from "vitest";
import { defaultDimension, whyDimensionUnused } from "../../../src/config/default-collection.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { warnOfUnusedSettings } from "../../../src/coordinator/warn-of-settings.ts";
import { EMPTY_MAP, type ShardMap } from "../../../src/topology/shard-map.ts";
import { silentLogger } from "../../support/silent-logger.ts";

const configured = (dimension?: number) =>
  loadConfig({
    env: dimension === undefined ? {} : { ORRERY_COLLECTION_DEFAULT_DIMENSION: String(dimension) },
  });

it("the dimension of the first collection is the configured one, or 384", () => {
  expect(defaultDimension(configured(768))).toBe(768);
  expect(defaultDimension(configured())).toBe(384);
});

it("a dimension that differs from that of the existing collection is named with both, and nothing else is", () => {
  expect(whyDimensionUnused(configured(768), 384)).toMatch(
    /collection\.defaultDimension is 768, but memory_entries has 384 dimensions/,
  );
  expect(whyDimensionUnused(configured(768), 768)).toBeUndefined();
  expect(whyDimensionUnused(configured(768), undefined)).toBeUndefined();
  expect(whyDimensionUnused(configured(), 3)).toBeUndefined();
});

it("a coordinator warns of it once, by the first map that has the collection", () => {
  const warned: unknown[] = [];
  const logger = { ...silentLogger, warn: (_: unknown, text: string) => void warned.push(text) };
  const map: ShardMap = {
    ...EMPTY_MAP,
    collections: [
      {
        id: 1,
        name: "memory_entries",
        table: "memory_entries",
        dimension: 384,
        metric: "cosine",
        quantization: "none",
        hnsw: { m: 16, efConstruction: 64 },
        shards: [],
      },
    ],
  };
  const changes: ((next: ShardMap) => void)[] = [];
  warnOfUnusedSettings(
    configured(768),
    { current: () => EMPTY_MAP, onChange: (listener) => changes.push(listener) },
    logger,
  );
  for (const change of changes) {
    change(EMPTY_MAP);
    change(map);
    change(map);
  }
  expect(warned).toEqual([expect.stringContaining("collection.defaultDimension")]);
});
