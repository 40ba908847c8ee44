/** `rebalance`: plan first, then start, watch or cancel it. */
import { Command, Option } from "commander";
import { allPages } from "../client/pages.ts";
import type { DeepReadonly } from "../lib/deep-readonly.ts";
import type { BalanceStrategyInit } from "../proto/generated/orrery/v1/BalanceStrategy.ts";
import type { OperationMessage } from "../proto/generated/orrery/v1/Operation.ts";
import type { PlanRebalanceRequestInit } from "../proto/generated/orrery/v1/PlanRebalanceRequest.ts";
import type { RebalancePlanMessage } from "../proto/generated/orrery/v1/RebalancePlan.ts";
import { agree, conclude, type MoveFlags, moveOptions, toMoving } from "./change-options.ts";
import {
  type CliContext,
  calling,
  collect,
  decimalNumber,
  group,
  type Session,
  wholeNumber,
} from "./context.ts";
import { CommandFailed, EXIT } from "./exit.ts";
import { finish, showOperations } from "./operations.ts";
import { showAdvice, showPlan } from "./plan-view.ts";

const PLAN_DEADLINE_MS = 60_000;

interface PlanFlags {
  readonly strategy?: string;
  readonly threshold?: number;
  readonly node?: readonly string[];
  readonly exclude?: readonly string[];
  readonly drain?: readonly string[];
  readonly maxMoves?: number;
}

export function rebalanceCommand(context: CliContext): Command {
  return group("rebalance", "even out what the nodes carry", [
    withPlanOptions(new Command("plan"))
      .description("what a rebalance would do, what it would cost and gain; changes nothing")
      .option("--advice", "also show what else might help")
      .action(
        calling(context, async (session, { advice, ...flags }: PlanFlags & { readonly advice?: boolean }) => {
          const plan = await makePlan(session, flags);
          showPlan(session.output, plan);
          if (advice) showAdvice(session.output, plan);
        }),
      ),
    startCommand(context),
    new Command("status")
      .description("the rebalance under way")
      .option("--watch", "until it is finished")
      .action(
        calling(context, async (session, { watch }: { readonly watch?: boolean }) => {
          const operation = await underWay(session);
          if (watch) await finish(session, operation);
          else showOperations(session.output, [operation]);
        }),
      ),
    new Command("cancel")
      .description("stop after what cannot be undone; every shard stays whole on one node")
      .action(
        calling(context, async (session) => {
          const { id } = await underWay(session);
          showOperations(session.output, [await session.client.operation.cancelOperation({ id })]);
        }),
      ),
  ]);
}

function startCommand(context: CliContext): Command {
  const command = withPlanOptions(new Command("start"))
    .description("carry out a plan; without one, plan, show it and ask")
    .argument("[plan]", "its id, as `rebalance plan` shows it")
    .option("--yes", "do not ask");
  for (const option of moveOptions()) command.addOption(option);
  return command.action(
    calling(
      context,
      async (
        session,
        planId: string | undefined,
        flags: PlanFlags & MoveFlags & { readonly yes?: boolean },
      ) => {
        const id = planId ?? (await planToStart(session, flags));
        if (id === undefined) return;
        const request = { planId: id, ...toMoving(flags) };
        const started = await session.client.cluster.startRebalance(request, {
          deadlineMs: PLAN_DEADLINE_MS,
        });
        await conclude(session, flags, started);
      },
    ),
  );
}

/** undefined: there is nothing to do. As JSON only what came out is shown, so that it stays one document. */
async function planToStart(
  session: Session,
  flags: PlanFlags & MoveFlags & { readonly yes?: boolean },
): Promise<string | undefined> {
  const plan = await makePlan(session, flags);
  if (plan.moves.length === 0 || !session.output.json) showPlan(session.output, plan);
  if (plan.moves.length === 0) return undefined;
  const blocking = plan.warnings.find(({ severity }) => severity === "SEVERITY_BLOCKING");
  if (blocking !== undefined) throw new CommandFailed(blocking.message, EXIT.precondition);
  if (!flags.dryRun) {
    await agree(session.context, flags.yes, `Move ${plan.moves.length} shards as planned?`);
  }
  return plan.id;
}

function withPlanOptions(command: Command): Command {
  const strategies = ["by_disk_size", "by_shard_count", "by_row_count", "by_load"];
  return command
    .addOption(
      new Option("--strategy <name>", "what is balanced; default: rebalance.strategy").choices(strategies),
    )
    .option("--threshold <imbalance>", "max / mean - 1 up to which nothing moves, as in 0.2", decimalNumber)
    .option("--node <host:port>", "only between these nodes; may be repeated", collect)
    .option("--exclude <host:port>", "leave a node as it is; may be repeated", collect)
    .option("--drain <host:port>", "empty a node as well; may be repeated", collect)
    .option("--max-moves <n>", "no more than these", wholeNumber);
}

function makePlan({ client }: Session, flags: PlanFlags): Promise<RebalancePlanMessage> {
  const { strategy, threshold, node, exclude, drain, maxMoves } = flags;
  const request: DeepReadonly<PlanRebalanceRequestInit> = {
    ...(strategy !== undefined && {
      strategy: `BALANCE_STRATEGY_${strategy.toUpperCase()}` as BalanceStrategyInit,
    }),
    ...(threshold !== undefined && { threshold }),
    ...(maxMoves !== undefined && { maxMoves }),
    nodes: node ?? [],
    excludedNodes: exclude ?? [],
    drainedNodes: drain ?? [],
  };
  return client.cluster.planRebalance(request, { deadlineMs: PLAN_DEADLINE_MS });
}

async function underWay({ client }: Session): Promise<OperationMessage> {
  const [operation] = await allPages(
    (page) => client.operation.listOperations({ kind: "rebalance", unfinished: true, ...page }),
    (answer) => answer.operations,
  );
  if (operation === undefined) throw new CommandFailed("no rebalance is under way", EXIT.notFound);
  return operation;
}
