/** What a command gets from its surroundings, and what every command has in common. */
import type { Readable, Writable } from "node:stream";
import { Command, InvalidArgumentError } from "commander";
import { type Client, createClient } from "../client/client.ts";
import { problemOfAddress } from "../config/load.ts";
import { UsageError } from "./exit.ts";
import { createOutput, type Output } from "./output.ts";

export interface CliContext {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  /** Undefined: the process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Options of the program itself, understood by every command. */
export interface GlobalOptions {
  readonly address: string;
  readonly output: "table" | "json";
}

/** What a command that calls the service works with. */
export interface Session {
  readonly client: Client;
  readonly output: Output;
  readonly context: CliContext;
}

/** A command's action that gets a client for `--address`, closed when it is done. */
export function calling<Args extends readonly unknown[]>(
  context: CliContext,
  run: (session: Session, ...args: Args) => Promise<void>,
) {
  return async (...args: [...Args, Command]) => {
    const command = args.at(-1) as Command;
    const { address, output } = command.optsWithGlobals<GlobalOptions>();
    const problem = problemOfAddress(address);
    if (problem !== undefined) throw new UsageError(`--address ${address}: ${problem}`);
    const client = createClient(address);
    try {
      await run(
        { client, output: createOutput(context.stdout, output), context },
        ...(args.slice(0, -1) as unknown as Args),
      );
    } finally {
      client.close();
    }
  };
}

/** A command that only groups others. */
export function group(name: string, description: string, commands: readonly Command[]): Command {
  const parent = new Command(name).description(description);
  for (const command of commands) parent.addCommand(command);
  return parent;
}

/** For options that may be repeated. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** For options that take a whole number of at least 1. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("must be a whole number of at least 1.");
  return Number(text);
}

export function decimalNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("must be a number.");
  return value;
}
