/** Servers as the schema before the present one left them, for coordinators that meet it. */
import { readMigrations } from "../../src/engines/read-migrations.ts";

/** Statements to run on each server, on Citus on the coordinator node alone. */
export function toPreviousSchema(engine: "citus" | "postgres"): readonly string[] {
  const migrations = readMigrations(engine);
  const catalog = /CREATE FUNCTION (orrery\.catalog\(\)[\s\S]*?\$function\$;)/.exec(migrations[0]?.sql ?? "");
  if (catalog === null) throw new Error("the first migration makes no function orrery.catalog()");
  const tables =
    engine === "citus"
      ? "SELECT concat('public.', table_name) AS name FROM orrery.collections"
      : "SELECT concat('orrery_data.', tablename) AS name FROM pg_tables WHERE schemaname = 'orrery_data'";
  return [
    "DROP SCHEMA orrery_sql CASCADE",
    `CREATE OR REPLACE FUNCTION ${catalog[1]}`,
    "ALTER TABLE orrery.collections DROP COLUMN unnormalized",
    `DO $$ DECLARE t text; BEGIN FOR t IN ${tables} LOOP
      EXECUTE format('ALTER TABLE %s ALTER value SET NOT NULL, ALTER metadata SET NOT NULL', t);
    END LOOP; END $$`,
    engine === "citus"
      ? "UPDATE orrery.cluster SET schema_version = schema_version - 1"
      : "DELETE FROM orrery.schema_versions WHERE version = (SELECT max(version) FROM orrery.schema_versions)",
  ];
}
