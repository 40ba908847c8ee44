/** Load made by programs (h2load, pgbench), a temporary folder for what they read and write. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Samples } from "../client/job.ts";
import type { RunningLoad } from "./system.ts";

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** Files it logs requests to, one line each. */
  readonly logs: () => Promise<readonly string[]>;
}

/** End in milliseconds since 1970, latency in milliseconds; undefined: the request failed. */
export type ReadLine = (
  fields: readonly string[],
) => { readonly endMs: number; readonly latencyMs: number } | undefined;

/** `prepare` writes what the programs need into the folder and says how to start them. */
export async function startPrograms(
  prepare: (folder: string) => Promise<readonly Program[]>,
  separator: string,
  readLine: ReadLine,
): Promise<RunningLoad> {
  const folder = await mkdtemp(join(tmpdir(), "orrery-bench-"));
  const programs = await prepare(folder);
  const children = programs.map(({ command, args }) =>
    spawn(command, args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] }),
  );
  const collect = async (): Promise<Samples> => {
    await Promise.all(children.map(ended));
    const files = (await Promise.all(programs.map(({ logs }) => logs()))).flat();
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
    await rm(folder, { recursive: true });
    return read(texts, separator, readLine);
  };
  return { pids: children.flatMap(({ pid }) => pid ?? []), samples: collect() };
}

async function ended(child: ChildProcess): Promise<void> {
  let errors = "";
  child.stderr?.on("data", (chunk) => {
    errors += chunk;
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${child.spawnfile} ended with ${code}: ${errors}`);
}

function read(texts: readonly string[], separator: string, readLine: ReadLine): Samples {
  const endsMs: number[] = [];
  const latenciesMs: number[] = [];
  const errors: string[] = [];
  for (const line of texts.flatMap((text) => text.split("\n"))) {
    if (line === "") continue;
    const sample = readLine(line.split(separator));
    if (sample === undefined) errors.push(line);
    else {
      endsMs.push(sample.endMs);
      latenciesMs.push(sample.latencyMs);
    }
  }
  return { endsMs, latenciesMs, errors, dropped: 0 };
}
