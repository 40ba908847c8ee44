import type { Adapter, AdapterSpec } from "./adapter.ts";
import { openChroma } from "./adapters/chroma.ts";
import { openHnswlib } from "./adapters/hnswlib.ts";
import { openLancedb } from "./adapters/lancedb.ts";
import { openOrrery } from "./adapters/orrery.ts";
import { openPgvector } from "./adapters/pgvector.ts";
import { openRedis } from "./adapters/redis.ts";
import { openUsearch } from "./adapters/usearch.ts";

/** Connects to the system, or makes one in this process; empty either way. */
export function openAdapter(spec: AdapterSpec): Promise<Adapter> {
  switch (spec.kind) {
    case "redis":
      return openRedis(spec);
    case "chroma":
      return openChroma(spec);
    case "lancedb":
      return openLancedb(spec);
    case "hnswlib":
      return openHnswlib(spec);
    case "usearch":
      return openUsearch(spec);
    case "pgvector":
      return openPgvector(spec);
    case "orrery":
      return openOrrery(spec);
  }
}
