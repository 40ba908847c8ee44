/** Runs a command line against a server that answers as the test says. */
import { Readable, Writable } from "node:stream";
import { type LocalActions, runProgram } from "../../../src/cli/program.ts";
import type { ClusterFacts } from "../../../src/doctor/cluster-facts.ts";
import { type Answers, serveAnswers } from "./answering-server.ts";

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly answers?: Answers;
  readonly stdin?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  readonly local?: Partial<LocalActions>;
  /** What standard error claims to be. */
  readonly terminal?: boolean;
}

class Capture extends Writable {
  text = "";
  override _write(chunk: Buffer, _: string, done: () => void) {
    this.text += chunk.toString();
    done();
  }
}

const FACTS: ClusterFacts = { engine: "embedded", schema: 1, nodes: [] };

export async function runCli(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const server = await serveAnswers(options.answers ?? {});
  const stdout = new Capture();
  const stderr = Object.assign(new Capture(), { isTTY: options.terminal ?? false });
  try {
    const code = await runProgram(
      args,
      {
        stdin: Readable.from([options.stdin ?? ""]),
        stdout,
        stderr,
        env: { ORRERY_ADDRESS: server.address, ...options.env },
      },
      {
        serve: async () => {},
        migrate: async () => [],
        inspect: async () => FACTS,
        dev: async () => {},
        check: () => {},
        ...options.local,
      },
    );
    return { code, stdout: stdout.text, stderr: stderr.text };
  } finally {
    server.close();
  }
}
