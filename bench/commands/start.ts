/**
 * `start`: how long a coordinator with embedded nodes takes from its start until it is ready, and how much
 * CPU, with new data folders and with those of an earlier start. With `--other`, that checkout in turn.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import Table from "cli-table3";
import { freePort } from "../../test/support/free-port.ts";
import { createTempFolder } from "../../test/support/temp-folder.ts";
import { cpuSecondsOf } from "../measure/cpu.ts";
import { medianInterval } from "../measure/statistics.ts";
import type { Options } from "../options.ts";
import { commitOf, machine, writeResult } from "../report/results.ts";
import { programOf } from "../setup/coordinator.ts";

const LOOK_EVERY_MS = 10;

interface Start {
  readonly wallMs: number;
  readonly cpuMs: number;
}

export async function runStart({ other, repeats, ...options }: Options): Promise<void> {
  const folders = other === "" ? [process.cwd()] : [process.cwd(), other];
  // Whose files are not in memory yet starts more slowly.
  for (const folder of folders) await startOnce(programOf(folder), createTempFolder());
  const rounds: { readonly fresh: Start; readonly again: Start }[][] = [];
  for (let round = 0; round < repeats; round += 1) {
    const found = [];
    for (const folder of folders) {
      const data = createTempFolder();
      const program = programOf(folder);
      found.push({ fresh: await startOnce(program, data), again: await startOnce(program, data) });
    }
    rounds.push(found);
  }
  const table = new Table({ head: ["start", "wall (ms)", "CPU (ms)"] });
  for (const kind of ["fresh", "again"] as const) {
    const of = (at: number, what: keyof Start) =>
      rounds.map((found) => found[at]?.[kind][what] ?? Number.NaN);
    for (const [at, folder] of folders.entries()) {
      const cells = (["wallMs", "cpuMs"] as const).map((what) => written(of(at, what), 0));
      table.push([
        `${commitOf(folder)}, ${kind === "fresh" ? "new folders" : "folders of before"}`,
        ...cells,
      ]);
    }
    if (other === "") continue;
    const ratio = (what: keyof Start) =>
      written(
        of(0, what).map((mine, round) => mine / (of(1, what)[round] ?? Number.NaN)),
        2,
      );
    table.push(["this / other", ratio("wallMs"), ratio("cpuMs")]);
  }
  console.log(table.toString());
  const result = { machine: machine(), options: { ...options, other, repeats }, rounds };
  console.log(`\n${writeResult("start.json", JSON.stringify(result, undefined, 1))}`);
}

function written(values: readonly number[], digits: number): string {
  const { median, low, high } = medianInterval(values);
  return `${median.toFixed(digits)} [${low.toFixed(digits)}-${high.toFixed(digits)}]`;
}

/** Starts it, waits until it is ready, ends it. */
async function startOnce(program: string, data: string): Promise<Start> {
  const http = `127.0.0.1:${await freePort()}`;
  const startedMs = performance.now();
  const child = spawn(process.execPath, [program, "serve"], {
    env: {
      ORRERY_ENGINE: "embedded",
      ORRERY_EMBEDDED_DATA: join(data, "nodes"),
      ORRERY_RPC_LISTEN: `127.0.0.1:${await freePort()}`,
      ORRERY_HTTP_LISTEN: http,
      ORRERY_LOG_LEVEL: "error",
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const exited = once(child, "exit");
  const isReady = () =>
    fetch(`http://${http}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error(`${program} ended`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  const start = { wallMs: performance.now() - startedMs, cpuMs: cpuSecondsOf(child.pid as number) * 1000 };
  child.kill("SIGTERM");
  await exited;
  return start;
}
