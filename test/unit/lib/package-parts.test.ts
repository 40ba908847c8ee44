import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { installedVersion, missingParts } from "../../../src/lib/package-parts.ts";
import { packageRoot } from "../../../src/lib/package-root.ts";

class Connection {
  readonly secret = null;
  send() {}
}

it("finds parts by their path, those of a class and those that are null too", () => {
  const root = { connection: new Connection(), make: Object.assign(() => {}, { version: 1 }) };
  const paths = ["connection.secret", "connection.send", "make.version"];
  expect(missingParts(root, paths)).toEqual([]);
});

it("names each part that is missing, also below one that is missing or null", () => {
  const root = { connection: new Connection(), nothing: undefined };
  const paths = ["connection.receive", "connection.secret.key", "nothing.at.all", "gone", "connection.send"];
  expect(missingParts(root, paths)).toEqual(paths.slice(0, 4));
});

it.each(["pg", "pg-pool", "@grpc/grpc-js"])(
  "package.json names one version of %s, the installed one, since private parts of it are used",
  (name) => {
    const { dependencies, overrides } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8"));
    expect(installedVersion(name)).toMatch(/^\d+\.\d+\.\d+$/);
    expect(overrides[name] ?? dependencies[name]).toBe(installedVersion(name));
    expect(dependencies[name] ?? overrides[name]).toBe(installedVersion(name));
  },
);
