// Writes the pages that are made from the code. Run it through `npm run docs`, which builds first.
import { writeFileSync } from "node:fs";
import { configDocument } from "../dist/src/cli/config-document.js";

writeFileSync(new URL("../docs/configuration.md", import.meta.url), configDocument());
