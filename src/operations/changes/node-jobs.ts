/** The jobs that change which nodes there are. */
import { OrreryError } from "../../errors.ts";
import { type Job, type JobContext, repeatStep } from "../job.ts";
import { runStages, type Stage } from "../stages.ts";
import { waitUntilServed } from "../wait-until-served.ts";
import { type ChangeDeps, termOf } from "./change-deps.ts";
import { runLongStep } from "./long-step.ts";
import { sessionName } from "./move-group.ts";
import { whileReachable } from "./while-reachable.ts";

/** A server that starts again is back within this many repetitions. */
const PATIENT = 20;
/** How long a server that is to be removed may not answer, and by force. */
const PATIENCE_MS = 90_000;
const FORCED_PATIENCE_MS = 15_000;

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
              await repeatStep(() => changes.setWritable(name, { writable: true, term }, signal), context);
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
          name: "set rights",
          async run() {
            if (standbyOf !== undefined) return;
            await repeatStep(() => changes.setRights(name, term, signal), context);
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
        repeatStep(
          () => changes.setMayHoldShards(node, { may: true, term: termOf(context) }, context.signal),
          context,
        );
      await runStages(context, [{ name: "allow placement", run }]);
      return { message: "", result: { node } };
    },
  };
}

/**
 * The server itself comes last: as long as the cluster knows it, what changes nodes has to write to it.
 * Between the two it forwards by catalogs that are still right, because nothing else changes the cluster
 * meanwhile.
 *
 * A server that is lost on the way is not waited for: by force it is removed without being told.
 */
export function removeNodeJob(deps: ChangeDeps): Job {
  const { changes } = deps;
  return {
    cancellation: "noted",
    async run(context) {
      const { signal, operation, report } = context;
      const { node, unreachable, role, force } = operation.arguments;
      const name = String(node);
      const term = termOf(context);
      let message = "";
      let ended = 0;
      let lost = unreachable === true || operation.result?.lost === true;
      /**
       * undefined: without the server, which is lost. `state`: what is to be said of it then, unless it is
       * removed by force.
       */
      const atServer = async <T>(run: (signal: AbortSignal) => Promise<T>, state: string) => {
        if (lost) return undefined;
        const patienceMs = force === true ? FORCED_PATIENCE_MS : PATIENCE_MS;
        const step = { server: name, run, maxRepetitions: PATIENT, patienceMs };
        const end = await whileReachable(deps, step, context);
        if (!end.lost) return end.value;
        if (force !== true) {
          throw new OrreryError("NODE_UNAVAILABLE", `${name} does not answer any more: ${state}`, {
            details: { metadata: { node: name } },
          });
        }
        lost = true;
        report({ result: { lost } });
        return undefined;
      };
      const risk = `${name} was not told: keep it off, because clients that reach it would write by what it last knew`;
      await runStages(context, [
        {
          name: "unregister",
          async run() {
            await atServer(
              (limited) => changes.removeNode(name, { term, unreachable: false }, limited),
              "it is a node of the cluster as before, and is removed without it only by force",
            );
            if (!lost) return;
            const remove = () => changes.removeNode(name, { term, unreachable: true }, signal);
            await repeatStep(remove, context, PATIENT);
          },
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
            if (role === "standby") return;
            const refuse = (limited: AbortSignal) =>
              changes.setWritable(name, { writable: false, term }, limited);
            await atServer(refuse, `it is no node of the cluster any more, and ${risk}`);
          },
        },
        {
          name: "end sessions",
          async run() {
            const end = (limited: AbortSignal) => changes.endSessions(name, term, limited);
            ended = (await atServer(end, `it is no node of the cluster any more, and ${risk}`)) ?? 0;
          },
        },
      ]);
      return {
        message: [message, lost ? risk : ""].filter(Boolean).join("; "),
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
