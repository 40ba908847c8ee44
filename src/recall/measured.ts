/** What a calibration found of one class, as `orrery.vector_indexes` keeps it. */
import { z } from "zod";
import type { Collection } from "../topology/shard-map.ts";
import type { FanOutClass } from "./classes.ts";

const share = z.number().min(0).max(1);

const point = z.object({
  at: z.number().positive(),
  mean: share,
  sd: z.number().min(0),
  p1: share,
  min: share,
  n: z.number().int().positive(),
});

const measured = z.object({
  /** Of the index, as `indexNameOf` gives it. */
  index: z.string(),
  /** Names the builds of the indexes that were searched. */
  builds: z.string(),
  /** Of the shards that were searched, together. */
  rows: z.number().min(0),
  shards: z.number().int().positive(),
  /** Whether the queries were real ones, or stored vectors that were moved a little. */
  queries: z.enum(["real", "stored"]),
  /** By `hnsw.ef_search`, growing. */
  curves: z.array(
    z.object({
      /** Rows wanted. */
      topK: z.number().int().positive(),
      /** Candidates, as a multiple of them. */
      oversampling: z.number().min(1),
      points: z.array(point),
    }),
  ),
  /** By rows taken of those that a filter holds for, as a multiple of the rows wanted. */
  takes: z.array(
    z.object({
      /** The part of the rows that the filter holds for. */
      part: share,
      points: z.array(point),
    }),
  ),
});

export type Measured = z.infer<typeof measured>;
export type MeasuredCurve = Measured["curves"][number];

/** A row of `orrery.vector_indexes`. */
export interface Calibration {
  readonly collectionId: number;
  readonly sizeClass: number;
  readonly fanOut: FanOutClass;
  /** `""`: every namespace that has no line of its own. */
  readonly namespace: string;
  readonly measured: Measured;
}

/** Undefined for what another version of the program has written, and this one cannot read. */
export function decodeMeasured(json: unknown): Measured | undefined {
  return measured.safeParse(json).data;
}

/** What decides, besides the vectors, how well the index of a collection finds them. */
export function indexNameOf({ quantization, unnormalized, metric, hnsw, settings }: Collection): string {
  const kind = unnormalized ? "unnormalized-half" : quantization;
  return `${settings?.index ?? "hnsw"} ${kind} ${metric} ${hnsw.m}/${hnsw.efConstruction}`;
}
