import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ERROR_CODES } from "../../../src/errors.ts";
import { packageRoot } from "../../../src/lib/package-root.ts";

it("docs/errors.md explains every code with its status, and no other", () => {
  const page = readFileSync(join(packageRoot(), "docs/errors.md"), "utf8");
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| `([A-Z_]+)` \| (.+) \| (.+) \|$/gm)];
  const documented = rows.map(([, code, status]) => [code, status]);
  const existing = Object.entries(ERROR_CODES).map(([code, { grpc }]) => [code, grpc]);
  expect(documented.sort()).toEqual(existing.sort());
});
