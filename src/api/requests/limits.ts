import type { Config } from "../../config/schema.ts";

/** The part of the configuration that says how large requests may be. */
export type Limits = Config["limits"];
