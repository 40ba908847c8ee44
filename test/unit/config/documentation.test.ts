import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { configDocument } from "../../../src/cli/config-document.ts";
import { settings } from "../../../src/config/settings.ts";
import { packageRoot } from "../../../src/lib/package-root.ts";

it("docs/configuration.md is what the schema says; `npm run docs` writes it", () => {
  expect(readFileSync(join(packageRoot(), "docs/configuration.md"), "utf8")).toBe(configDocument());
});

it("every setting is explained", () => {
  for (const { path, schema } of settings()) {
    expect(schema.description, path).toMatch(/\.$/);
    expect(configDocument()).toContain(`\`${path}\``);
  }
});
