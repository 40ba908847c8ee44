import { Command } from "commander";
import { toFailure } from "../client/call-error.ts";
import type { Client } from "../client/client.ts";
import { allPages } from "../client/pages.ts";
import type { OperationMessage } from "../proto/generated/orrery/v1/Operation.ts";
import { type CliContext, calling, group, type Session } from "./context.ts";
import { CommandFailed, describeFailure, EXIT, exitCodeOf } from "./exit.ts";
import { formatBytes } from "./format.ts";
import { untilInterrupted } from "./interruption.ts";
import { createLiveView, describeMove, describeOperation } from "./live-view.ts";
import { type Output, printable } from "./output.ts";
import { presentOperation } from "./present.ts";

export function operationsCommand(context: CliContext): Command {
  return group("operations", "long-running jobs", [
    new Command("list")
      .description("newest first")
      .option("--kind <kind>", "only these, as in rebalance or move_shard")
      .option("--unfinished", "only those that have not ended")
      .action(
        calling(
          context,
          async (
            { client, output },
            { kind, unfinished }: { readonly kind?: string; readonly unfinished?: boolean },
          ) => {
            const unreadable = new Map<string, string>();
            const operations = await allPages(
              (page) => client.operation.listOperations({ kind, unfinished, ...page }),
              (answer) => {
                for (const { id, problem } of answer.unreadable) unreadable.set(id, problem);
                return answer.operations;
              },
            );
            showOperations(output, operations);
            for (const problem of unreadable.values()) context.stderr.write(`${printable(problem)}\n`);
          },
        ),
      ),
    new Command("show")
      .description("the present state of one")
      .argument("<id>")
      .action(
        calling(context, async ({ client, output }, id: string) => {
          const operation = await client.operation.getOperation({ id });
          showOperations(output, [operation]);
          if (!output.json && operation.moves.length > 0) showMoves(output, operation);
        }),
      ),
    new Command("watch")
      .description("every change of one until it is finished; fails when it does")
      .argument("<id>")
      .action(
        calling(context, async (session, id: string) => {
          const { client, output } = session;
          // On a terminal the lines would bury each other; elsewhere, and for programs, each change is one.
          if (context.stderr.isTTY && !output.json) {
            return finish(session, await client.operation.getOperation({ id }));
          }
          const last = await follow(client, id, (operation) => {
            const shown = presentOperation(operation);
            output.line(shown, `${shown.state} ${describe(operation)}`);
          });
          requireDone(last);
        }),
      ),
    new Command("cancel")
      .description("ask one to stop")
      .argument("<id>")
      .action(
        calling(context, async ({ client, output }, id: string) => {
          showOperations(output, [await client.operation.cancelOperation({ id })]);
        }),
      ),
  ]);
}

/**
 * Waits for the end of an operation that a command started, and shows it. Throws CommandFailed unless it is
 * done.
 */
export async function finish({ client, output, context }: Session, started: OperationMessage): Promise<void> {
  const last = started.endTime ? started : await followLive(client, context, started.id);
  showOperations(output, [last]);
  requireDone(last);
}

async function followLive(client: Client, context: CliContext, id: string): Promise<OperationMessage> {
  const view = createLiveView(context, Date.now);
  const onChange = (operation: OperationMessage) => view.update(operation);
  if (!context.stderr.isTTY) return follow(client, id, onChange).finally(view.end);
  context.stderr.write(
    `operation ${id}; interrupt to leave it running, \`orrery operations cancel ${id}\` stops it\n`,
  );
  // The terminal has its cursor back before the process ends.
  const { signal, clear } = untilInterrupted();
  try {
    return await follow(client, id, onChange, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new CommandFailed(`operation ${id} goes on`, EXIT.interrupted);
  } finally {
    clear();
    view.end();
  }
}

async function follow(
  client: Client,
  id: string,
  onChange: (operation: OperationMessage) => void,
  signal?: AbortSignal,
): Promise<OperationMessage> {
  let last: OperationMessage | undefined;
  for await (const operation of client.operation.watchOperation({ id }, { ...(signal && { signal }) })) {
    onChange(operation);
    last = operation;
  }
  if (last?.endTime) return last;
  throw new CommandFailed(`operation ${id} goes on, but it can no longer be watched`, EXIT.unavailable);
}

function requireDone({ id, state, error }: OperationMessage): void {
  const failure = toFailure(error);
  if (failure !== undefined)
    throw new CommandFailed(
      `operation ${id} failed: ${describeFailure(failure)}`,
      exitCodeOf(failure.status),
    );
  if (state !== "OPERATION_STATE_DONE") throw new CommandFailed(`operation ${id} was cancelled`);
}

function describe(operation: OperationMessage): string {
  return `${Math.round(operation.fraction * 100)} % ${describeOperation(operation, Date.now())}`.trimEnd();
}

export function showOperations(output: Output, messages: readonly OperationMessage[]): void {
  const operations = messages.map(presentOperation);
  output.show(
    operations,
    ["id", "kind", "state", "stage", "%", "arguments", "created", "by", "message", "error"],
    operations.map((operation) => [
      operation.id,
      operation.kind,
      operation.state,
      operation.stage,
      Math.round(operation.fraction * 100),
      JSON.stringify(operation.arguments),
      operation.createTime,
      operation.requestedBy,
      operation.message,
      operation.error,
    ]),
  );
}

function showMoves(output: Output, { moves }: OperationMessage): void {
  output.show(
    moves,
    ["shard", "collection", "from", "to", "state", "%", "bytes"],
    moves.map((move) => [
      move.shardId,
      move.collection,
      move.sourceNode,
      move.targetNode,
      describeMove(move).split(": ").at(-1),
      Math.round(move.fraction * 100),
      formatBytes(move.bytesTotal),
    ]),
  );
}
