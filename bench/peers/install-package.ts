/** Packages that only `peers` needs: installed when they are, in folders of their own. */
import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "./cache.ts";

const LIMIT_MS = 300_000;

export interface Package {
  readonly name: string;
  /** Exact. */
  readonly version: string;
}

/**
 * Returns the folder whose node_modules has it, with all it needs. Throws with the last words of npm when it
 * cannot be had.
 */
export async function installPackage({ name, version }: Package): Promise<string> {
  const folder = cacheFolder(`${name.replace(/^@/, "").replace("/", "-")}-${version}`);
  const done = join(folder, "installed");
  if (existsSync(done)) return folder;
  console.error(`installing ${name} ${version} into ${folder} ...`);
  const itself = { name: "peer", private: true, allowScripts: { [name]: true } };
  writeFileSync(join(folder, "package.json"), JSON.stringify(itself));
  const args = ["install", "--no-audit", "--no-fund", "--save-exact", `${name}@${version}`];
  try {
    await promisify(execFile)("npm", args, { cwd: folder, env: environment(), timeout: LIMIT_MS });
  } catch (error) {
    const { stderr } = error as { readonly stderr?: string };
    throw new Error(`npm cannot install ${name} ${version}: ${lastWords(stderr ?? String(error))}`);
  }
  writeFileSync(done, "");
  return folder;
}

/** What is compiled takes the headers that came with Node, if they did, instead of loading them. */
function environment(): NodeJS.ProcessEnv {
  const prefix = dirname(dirname(process.execPath));
  const hasHeaders = existsSync(join(prefix, "include/node/node.h"));
  // `npm run` hands its own settings down, and the folder it was started in among them.
  const inherited = Object.entries(process.env).filter(([name]) => !/^npm_(?!config_registry)/.test(name));
  return { ...Object.fromEntries(inherited), ...(hasHeaders && { npm_config_nodedir: prefix }) };
}

function lastWords(text: string): string {
  return text.split("\n").filter(Boolean).slice(-3).join("; ");
}
