import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configDocument } from "../../../src/cli/config-document.ts";
import { settings } from "../../../src/config/settings.ts";
import { packageRoot } from "../../../src/lib/package-root.ts";

test("docs/configuration.md is what the schema says; `npm run docs` writes it", () => {
  expect(readFileSync(join(packageRoot(), "docs/configuration.md"), "utf8")).toBe(configDocument());
});

test("every setting is explained", () => {
  for (const { path, schema } of settings()) {
    expect(schema.description, path).toMatch(/\.$/);
    expect(configDocument()).toContain(`\`${path}\``);
  }
});
