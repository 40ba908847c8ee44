/** Servers as the schema before the present one left them, for coordinators that meet it. */
import { readMigrations } from "../../src/engines/read-migrations.ts";

/** Statements to run on each server, on Citus on the coordinator node alone. */
export function toPreviousSchema(engine: "citus" | "postgres"): readonly string[] {
  const before = readMigrations(engine).at(-2)?.sql ?? "";
  const catalog = /CREATE OR REPLACE FUNCTION orrery\.catalog\(\)[\s\S]*?\$function\$;/.exec(before);
  if (catalog === null) throw new Error("the migration before makes no function orrery.catalog()");
  return [
    catalog[0],
    "DROP TABLE orrery.vector_indexes",
    "ALTER TABLE orrery.collections DROP COLUMN settings",
    engine === "citus"
      ? "UPDATE orrery.cluster SET schema_version = schema_version - 1"
      : "DELETE FROM orrery.schema_versions WHERE version = (SELECT max(version) FROM orrery.schema_versions)",
  ];
}
