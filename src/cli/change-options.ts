/** What the commands that change the cluster have in common. */
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline/promises";
import { Option } from "commander";
import type { MoveShardRequestInit } from "../proto/generated/orrery/v1/MoveShardRequest.ts";
import type { OperationMessage } from "../proto/generated/orrery/v1/Operation.ts";
import { type CliContext, type Session, wholeNumber } from "./context.ts";
import { CommandFailed, UsageError } from "./exit.ts";
import { finish, showOperations } from "./operations.ts";

export interface ChangeFlags {
  readonly dryRun?: boolean;
  readonly requestId?: string;
  /** False with `--no-wait`. */
  readonly wait: boolean;
}

export interface MoveFlags extends ChangeFlags {
  readonly blockWrites?: boolean;
  readonly movesPerNode?: number;
  readonly abortOnSlo?: boolean;
}

/** What the requests for a change have in common. */
type ChangeFields = Pick<MoveShardRequestInit, "requestId" | "validateOnly">;

/** The same for changes that move shard groups. */
type MoveFields = Pick<MoveShardRequestInit, "requestId" | "validateOnly" | "options">;

/** As the server says it where the moves say all. */
const NOTHING_STARTED = "nothing was started";

const DRY_RUN = new Option("--dry-run", "only check, and show what would be done");

export function changeOptions(): readonly Option[] {
  return [
    DRY_RUN,
    new Option("--request-id <id>", "repeat with the same id: nothing is started twice"),
    new Option("--no-wait", "do not wait for the end"),
  ];
}

export function moveOptions(): readonly Option[] {
  return [
    ...changeOptions(),
    new Option("--block-writes", "writes to a shard wait while it moves or is cut, instead of going on"),
    new Option("--moves-per-node <n>", "moves that may touch one node at the same time").argParser(
      wholeNumber,
    ),
    new Option("--abort-on-slo", "cancel when lag or latency is over its limit, instead of waiting"),
  ];
}

export function toChange({ dryRun, requestId }: ChangeFlags): ChangeFields {
  return { requestId: requestId ?? randomUUID(), validateOnly: dryRun ?? false };
}

export function toMoving(flags: MoveFlags): MoveFields {
  const { blockWrites, movesPerNode, abortOnSlo } = flags;
  return {
    ...toChange(flags),
    options: {
      transferMode: blockWrites ? "TRANSFER_MODE_BLOCK_WRITES" : "TRANSFER_MODE_LOGICAL",
      ...(movesPerNode !== undefined && { movesPerNode }),
      abortOnSlo: abortOnSlo ?? false,
    },
  };
}

/** Shows what was started: its end, or with `--no-wait` and `--dry-run` what is known of it now. */
export async function conclude(
  session: Session,
  flags: ChangeFlags,
  started: OperationMessage,
): Promise<void> {
  if (flags.dryRun) showDryRun(session, started);
  else if (flags.wait) await finish(session, started);
  else showOperations(session.output, [started]);
}

function showDryRun({ output }: Session, operation: OperationMessage): void {
  if (output.json) {
    showOperations(output, [operation]);
    return;
  }
  const { moves, kind, message } = operation;
  output.line(undefined, `nothing was done: ${kind} may be carried out`);
  const plan = message === NOTHING_STARTED ? [] : message.split("; ");
  for (const sentence of plan) output.line(undefined, sentence);
  for (const { shardId, collection, sourceNode, targetNode } of moves) {
    output.line(
      undefined,
      `would move shard ${shardId} of ${collection} from ${sourceNode} to ${targetNode}`,
    );
  }
}

/** Returns when the user agrees: by `--yes`, or by answering on a terminal. Throws otherwise. */
export async function agree(
  { stdin, stderr }: CliContext,
  yes: boolean | undefined,
  question: string,
): Promise<void> {
  if (yes) return;
  if (!stdin.isTTY) throw new UsageError(`${question} Add --yes where there is no terminal to ask on`);
  const terminal = createInterface({ input: stdin, output: stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandFailed("nothing was done");
  } finally {
    terminal.close();
  }
}
