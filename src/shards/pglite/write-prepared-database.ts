/** The last step of `npm run build`: writes the prepared database, unless it is there already. */
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { prepareDatabase, preparedFile } from "./pglite-database.ts";

const file = fileURLToPath(preparedFile());
if (!existsSync(file)) {
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, await prepareDatabase());
  renameSync(unfinished, file);
}
