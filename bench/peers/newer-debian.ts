/** Programs that this machine's release does not have, from the packages of a newer one. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../../src/lib/package-root.ts";
import { cacheFolder } from "./cache.ts";
import type { Command } from "./server-process.ts";

const LIMIT_MS = 300_000;

/** A folder with the files of packages, to be run without being installed. */
export interface NewerDebian {
  /** Runs a program, of these packages or the machine's own, with the C library of the newer release. */
  command(program: string): Command;
  /** The path of a file inside. */
  path(file: string): string;
}

/** Throws when this machine has no apt, or apt cannot have them. */
export async function newerDebian(name: string, packages: readonly string[]): Promise<NewerDebian> {
  const folder = cacheFolder(`debian-${name}`);
  const done = join(folder, "extracted");
  if (!existsSync(done)) {
    console.error(`extracting ${packages.join(" ")} of a newer release into ${folder} ...`);
    const script = join(packageRoot(), "bench/peers/extract-packages.sh");
    try {
      await promisify(execFile)("bash", [script, folder, ...packages], { timeout: LIMIT_MS });
    } catch (error) {
      const { stderr } = error as { readonly stderr?: string };
      const words = (stderr ?? String(error)).split("\n").filter(Boolean).slice(-2).join("; ");
      throw new Error(`apt has no ${packages.join(", ")} of a newer release: ${words}`);
    }
    writeFileSync(done, "");
  }
  const libraries = join(folder, "usr/lib");
  const triplet = readdirSync(libraries).find((each) => existsSync(join(libraries, each, "libc.so.6")));
  if (triplet === undefined) throw new Error(`no C library in ${folder}`);
  return {
    command: (program) => ({
      program: loaderIn(folder),
      args: ["--library-path", join(libraries, triplet), program],
    }),
    path: (file) => join(folder, file),
  };
}

function loaderIn(folder: string): string {
  for (const place of ["usr/lib64", "usr/lib"]) {
    const inside = existsSync(join(folder, place)) ? readdirSync(join(folder, place)) : [];
    const loader = inside.find((file) => /^ld-linux.*\.so\.\d+$/.test(file));
    if (loader !== undefined) return join(folder, place, loader);
  }
  throw new Error(`no loader in ${folder}`);
}
