import type { Command } from "commander";
import { type Config, configNotes } from "../config/load.ts";
import { checkCluster } from "../doctor/check-cluster.ts";
import type { ClusterFacts } from "../doctor/cluster-facts.ts";
import { configured } from "./config.ts";
import type { CliContext, GlobalOptions } from "./context.ts";
import { CommandFailed, EXIT } from "./exit.ts";
import { createOutput } from "./output.ts";

/**
 * `inspect` finds out what the cluster is like; nodes and an etcd that do not answer are facts, not errors.
 */
export function doctorCommand(
  context: CliContext,
  inspect: (config: Config) => Promise<ClusterFacts>,
): Command {
  return configured(
    context,
    "doctor",
    "check configuration, nodes, versions, settings and etcd; exit code 4 when something fails",
    async (config, command) => {
      const notes = configNotes(config).map((detail) => ({
        what: "configuration",
        verdict: "warning",
        detail,
      }));
      const valid = { what: "configuration", verdict: "ok", detail: `engine ${config.engine}` };
      const checks = [valid, ...notes, ...checkCluster(await inspect(config))];
      createOutput(context.stdout, command.optsWithGlobals<GlobalOptions>().output).show(
        checks,
        ["check", "verdict", "detail"],
        checks.map(({ what, verdict, detail }) => [what, verdict, detail]),
        Number.POSITIVE_INFINITY, // the end of a detail is what to do
      );
      const failures = checks.filter(({ verdict }) => verdict === "failed").length;
      if (failures > 0)
        throw new CommandFailed(`${failures} of ${checks.length} checks failed`, EXIT.precondition);
    },
  );
}
