/** The jobs that change which nodes there are. */
import { type Job, type JobContext, repeatStep } from "../job.ts";
import { runStages, type Stage } from "../stages.ts";
import { waitUntilServed } from "../wait-until-served.ts";
import { type ChangeDeps, termOf } from "./change-deps.ts";
import { runLongStep } from "./long-step.ts";
import { sessionName } from "./move-group.ts";

/** A server that starts again is back within this many repetitions. */
const PATIENT = 20;

export function addNodeJob(deps: ChangeDeps): Job {
  const { changes } = deps;
  return {
    cancellation: "noted",
    async run(context) {
      const { signal } = context;
      const { node, read_only: readOnly, standby_of: standbyOf } = context.operation.arguments;
      const name = String(node);
      const term = termOf(context);
      let message = "";
      const stages: Stage[] = [
        {
          name: "make writable",
          async run() {
            // One that was removed from a cluster refuses to write since then.
            if (readOnly === true)
              await repeatStep(() => changes.setWritable(name, true, term, signal), context);
          },
        },
        {
          name: "register",
          run: () =>
            repeatStep(
              () =>
                changes.addNode(name, { term, ...(typeof standbyOf === "string" && { standbyOf }) }, signal),
              context,
            ),
        },
        {
          name: "copy reference tables",
          async run() {
            if (standbyOf !== undefined) return;
            await runLongStep(
              changes,
              {
                session: sessionName(context, 0),
                statement: { kind: "copy reference tables" },
                isReached: () => repeatStep(() => changes.hasReferenceTables(name, signal), context),
                mayCancel: () => false,
                term,
              },
              { ...context, cancelled: new AbortController().signal },
            );
          },
        },
        {
          name: "publish",
          async run() {
            message = await served(deps, context, name, true);
          },
        },
      ];
      await runStages(context, stages);
      return { message, result: { node: name } };
    },
  };
}

export function restoreNodeJob({ changes }: ChangeDeps): Job {
  return {
    cancellation: "noted",
    async run(context) {
      const node = String(context.operation.arguments.node);
      const run = () =>
        repeatStep(() => changes.setMayHoldShards(node, true, termOf(context), context.signal), context);
      await runStages(context, [{ name: "allow placement", run }]);
      return { message: "", result: { node } };
    },
  };
}

/**
 * The server itself comes last: as long as the cluster knows it, what changes nodes has to write to it. Between the two it
 * forwards by catalogs that are still right, because nothing else changes the cluster meanwhile.
 */
export function removeNodeJob(deps: ChangeDeps): Job {
  const { changes } = deps;
  return {
    cancellation: "noted",
    async run(context) {
      const { signal, operation } = context;
      const { node, unreachable, role } = operation.arguments;
      const name = String(node);
      const term = termOf(context);
      let message = "";
      let ended = 0;
      const atServer = unreachable !== true;
      await runStages(context, [
        {
          name: "unregister",
          run: () =>
            repeatStep(
              () => changes.removeNode(name, { term, unreachable: !atServer }, signal),
              context,
              PATIENT,
            ),
        },
        {
          name: "publish",
          async run() {
            message = await served(deps, context, name, false);
          },
        },
        {
          name: "refuse writes",
          async run() {
            if (!atServer || role === "standby") return;
            await repeatStep(() => changes.setWritable(name, false, term, signal), context, PATIENT);
          },
        },
        {
          name: "end sessions",
          async run() {
            if (!atServer) return;
            ended = await repeatStep(() => changes.endSessions(name, term, signal), context, PATIENT);
          },
        },
      ]);
      const risk = `${name} was not told: keep it off, because clients that reach it would write by what it last knew`;
      return {
        message: [message, atServer ? "" : risk].filter(Boolean).join("; "),
        result: { node: name, sessions_ended: ended },
      };
    },
  };
}

function served(deps: ChangeDeps, context: JobContext, name: string, there: boolean): Promise<string> {
  return waitUntilServed(
    deps,
    ({ nodes }) => nodes.some((node) => node.name === name) === there,
    context.signal,
  );
}
