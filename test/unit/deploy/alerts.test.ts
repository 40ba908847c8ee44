/** Each alert has a severity and a runbook; each runbook belongs to an alert. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { projectFile, readYaml } from "../../support/compose.ts";

interface Rule {
  readonly alert: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
interface RuleTest {
  readonly alert_rule_test: readonly {
    readonly alertname: string;
    readonly exp_alerts: readonly unknown[];
  }[];
}

const rules = readYaml<{ groups: readonly { rules: readonly Rule[] }[] }>(
  "deploy/prometheus/rules/alerts.yml",
).groups.flatMap((group) => group.rules);
const cases = readdirSync(projectFile("deploy/prometheus/tests")).flatMap((name) =>
  readYaml<{ tests: readonly RuleTest[] }>("deploy/prometheus/tests", name).tests.flatMap(
    ({ alert_rule_test }) => alert_rule_test,
  ),
);
const pageOf = ({ annotations }: Rule) =>
  annotations.runbook_url?.replace("{{ $externalLabels.runbooks }}", "docs/runbooks") ?? "";

describe.each(rules.map((rule) => ({ name: `${rule.alert} (${rule.labels.severity})`, rule })))(
  "$name",
  ({ rule }) => {
    it("has a severity, a summary, a description and a runbook", () => {
      expect(["critical", "warning"]).toContain(rule.labels.severity);
      expect(rule.annotations.summary).toBeTruthy();
      expect(rule.annotations.description).toMatch(/\.$/);
      expect(existsSync(projectFile(pageOf(rule))), pageOf(rule)).toBe(true);
    });

    it("has a runbook that names it and says what it means, what to look at and what to do", () => {
      const page = readFileSync(projectFile(pageOf(rule)), "utf8");
      expect(page).toContain(rule.alert);
      for (const title of ["What it means", "What to look at", "What to do"])
        expect(page).toContain(`## ${title}`);
    });

    it("has test cases in which it fires and in which it does not", () => {
      const own = cases.filter(({ alertname }) => alertname === rule.alert);
      expect(own.some(({ exp_alerts }) => exp_alerts.length > 0)).toBe(true);
      expect(own.some(({ exp_alerts }) => exp_alerts.length === 0)).toBe(true);
    });
  },
);

it("silences the consequences of a node that is down, but no other node's alerts", () => {
  interface Inhibition {
    readonly source_matchers: readonly string[];
    readonly target_matchers: readonly string[];
    readonly equal?: readonly string[];
  }
  const { inhibit_rules } = readYaml<{ inhibit_rules: readonly Inhibition[] }>(
    "deploy/alertmanager/alertmanager.yml",
  );
  const ofNode = inhibit_rules.filter(({ source_matchers }) => source_matchers.join().includes("NodeDown"));
  const targets = (rule: Inhibition) =>
    rules.filter(({ alert }) => rule.target_matchers.some((matcher) => matcher.includes(alert)));
  expect(ofNode.flatMap(targets).map(({ alert }) => alert)).toContain("ConnectionPoolExhaustion");
  for (const rule of ofNode) {
    const namesNode = targets(rule).some(({ annotations }) => annotations.summary?.includes("$labels.node "));
    expect(rule.equal ?? []).toEqual(namesNode ? ["node"] : []);
  }
});

it("has an alert for every page of docs/runbooks", () => {
  const pages = readdirSync(projectFile("docs/runbooks")).filter((name) => name !== "README.md");
  const used = new Set(rules.map((rule) => pageOf(rule).replace("docs/runbooks/", "")));
  expect(pages.toSorted()).toEqual([...used].toSorted());
});
