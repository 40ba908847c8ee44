import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readTar } from "../../../src/lib/read-tar.ts";
import { createTempFolder } from "../../support/temp-folder.ts";

function archive(files: Readonly<Record<string, Buffer>>, ...options: readonly string[]): Buffer {
  const folder = createTempFolder();
  for (const [name, data] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), data);
  }
  return execFileSync("tar", ["--create", "--format=ustar", ...options, "--directory", folder, "."]);
}

it("every file of an archive is read whole, whatever its size, and every folder", () => {
  const sizes = [0, 1, 511, 512, 513, 100_000];
  const files = Object.fromEntries(
    sizes.map((size) => [
      `folder/of-${size}`,
      Buffer.from(Array.from({ length: size }, (_, at) => at % 251)),
    ]),
  );
  const entries = [...readTar(archive(files))];
  const read = entries.flatMap(({ name, data }) => (data === undefined ? [] : [[name.slice(2), data]]));
  expect(Object.fromEntries(read)).toEqual(files);
  expect(entries.filter(({ data }) => data === undefined).map(({ name }) => name)).toEqual([
    "./",
    "./folder/",
  ]);
});

it("an archive that was cut off, or has what is neither file nor folder, is refused", () => {
  const whole = archive({ a: Buffer.alloc(2_000, 1) });
  const read = (bytes: Buffer) => [...readTar(bytes)];
  expect(read(whole).at(-1)?.data).toHaveLength(2_000);
  expect(() => read(whole.subarray(0, 2_048))).toThrow("cannot be read at ./a");
  const folder = createTempFolder();
  execFileSync("ln", ["-s", "nowhere", join(folder, "link")]);
  const linked = execFileSync("tar", ["--create", "--format=ustar", "--directory", folder, "."]);
  expect(() => read(linked)).toThrow("cannot be read at ./link");
});
