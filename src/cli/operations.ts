import { Command } from "commander";
import { toFailure } from "./call-error.ts";
import type { Client } from "./client.ts";
import { type CliContext, calling, group, type Session } from "./context.ts";
import { CommandFailed, describeFailure, EXIT, exitCodeOf } from "./exit.ts";
import type { Operation } from "./messages.ts";
import type { Output } from "./output.ts";
import { allPages } from "./pages.ts";
import { presentOperation } from "./present.ts";
import { createProgress } from "./progress.ts";

export function operationsCommand(context: CliContext): Command {
  return group("operations", "long-running jobs", [
    new Command("list").description("newest first").action(
      calling(context, async ({ client, output }) => {
        const operations = await allPages(
          (page) => client.operation.listOperations(page),
          (answer) => answer.operations,
        );
        show(output, operations.map(presentOperation));
      }),
    ),
    new Command("show")
      .description("the present state of one")
      .argument("<id>")
      .action(
        calling(context, async ({ client, output }, id: string) => {
          show(output, [presentOperation(await client.operation.getOperation({ id }))]);
        }),
      ),
    new Command("watch")
      .description("every change of one until it is finished; fails when it does")
      .argument("<id>")
      .action(
        calling(context, async ({ client, output }, id: string) => {
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
          show(output, [presentOperation(await client.operation.cancelOperation({ id }))]);
        }),
      ),
  ]);
}

/** Waits for the end of an operation that a command started, and shows it. Throws CommandFailed unless it is done. */
export async function finish({ client, output, context }: Session, started: Operation): Promise<void> {
  const progress = createProgress(context);
  const last = started.endTime
    ? started
    : await follow(client, started.id, (operation) => progress.update(describe(operation)));
  progress.end();
  show(output, [presentOperation(last)]);
  requireDone(last);
}

async function follow(
  client: Client,
  id: string,
  onChange: (operation: Operation) => void,
): Promise<Operation> {
  let last: Operation | undefined;
  for await (const operation of client.operation.watchOperation({ id })) {
    onChange(operation);
    last = operation;
  }
  if (last?.endTime) return last;
  throw new CommandFailed(`operation ${id} goes on, but it can no longer be watched`, EXIT.unavailable);
}

function requireDone({ id, state, error }: Operation): void {
  const failure = toFailure(error);
  if (failure !== undefined)
    throw new CommandFailed(
      `operation ${id} failed: ${describeFailure(failure)}`,
      exitCodeOf(failure.status),
    );
  if (state !== "OPERATION_STATE_DONE") throw new CommandFailed(`operation ${id} was cancelled`);
}

function describe({ stage, fraction, message }: Operation): string {
  return `${Math.round(fraction * 100)} % ${stage}${message === "" ? "" : `: ${message}`}`;
}

function show(output: Output, operations: readonly ReturnType<typeof presentOperation>[]): void {
  output.show(
    operations,
    ["id", "kind", "state", "stage", "%", "arguments", "created", "error"],
    operations.map((operation) => [
      operation.id,
      operation.kind,
      operation.state,
      operation.stage,
      Math.round(operation.fraction * 100),
      JSON.stringify(operation.arguments),
      operation.createTime,
      operation.error,
    ]),
  );
}
