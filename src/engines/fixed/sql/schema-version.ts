/** The version of Orrery's schema on a node. */
import type { Query } from "../nodes.ts";

const PREREQUISITES = `SELECT current_setting('server_encoding'), to_regnamespace('orrery') IS NOT NULL,
  to_regclass('orrery.schema_versions') IS NOT NULL`;

export interface PresentSchema {
  readonly encoding: string;
  /** `foreign`: there is a schema of that name, and it is not of this engine. */
  readonly version: number | "none" | "foreign";
}

export async function readSchema(query: Query): Promise<PresentSchema> {
  const [row] = await query(PREREQUISITES);
  const [encoding, hasSchema, hasVersions] = row ?? [];
  if (hasVersions !== true) {
    return { encoding: String(encoding), version: hasSchema === true ? "foreign" : "none" };
  }
  const [newest] = await query("SELECT max(version) FROM orrery.schema_versions");
  return { encoding: String(encoding), version: Number(newest?.[0] ?? 0) };
}
