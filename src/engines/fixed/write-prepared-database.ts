/**
 * The last step of `npm run build`: writes the prepared database, with the schema in it, unless one with this
 * very schema is there already.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { prepareDatabase, preparedFile } from "../../shards/pglite/pglite-database.ts";
import { schemaStatements } from "./migrate.ts";
import { FORGET_IDENTITY } from "./sql/node-registry.ts";

const file = fileURLToPath(preparedFile());
const schemaFile = `${file}.schema`;
const statements = [...schemaStatements(), FORGET_IDENTITY];
const schema = createHash("sha256").update(statements.join("\n")).digest("hex");
const isThere = existsSync(file) && existsSync(schemaFile) && readFileSync(schemaFile, "utf8") === schema;
if (!isThere) {
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, await prepareDatabase(statements));
  renameSync(unfinished, file);
  writeFileSync(schemaFile, schema);
}
