/** The Dockerfile copies only what exists, and everything the program reads at runtime. */
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { projectFile, readCompose } from "../../support/compose.ts";

const stages = readFileSync(projectFile("Dockerfile"), "utf8")
  .split(/^(?=FROM )/m)
  .slice(1);
const last = stages.at(-1) ?? "";
/** What a stage copies from the project. */
const copied = (stage: string) =>
  [...stage.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = ""]) => sources.split(" "));

it("copies only what exists and is not excluded from the build", () => {
  const allowed = readFileSync(projectFile(".dockerignore"), "utf8").match(/(?<=^!).+$/gm) ?? [];
  const sources = stages.flatMap(copied);
  expect(sources).toContain("src");
  for (const source of sources) {
    expect(existsSync(projectFile(source)), source).toBe(true);
    expect(allowed).toContain(source);
  }
});

it("copies the files that the program opens besides its own", () => {
  expect(copied(last)).toEqual(
    expect.arrayContaining(["package.json", "proto", "citus", "postgres", "examples"]),
  );
});

it("runs what package.json calls orrery, and not as root", () => {
  const { bin } = JSON.parse(readFileSync(projectFile("package.json"), "utf8"));
  expect(last).toContain(`ENTRYPOINT ["node", "/app/${bin.orrery}"]`);
  expect(last.trimEnd()).toMatch(/\nUSER node\n[\s\S]*\nCMD \["serve"\]$/);
});

it("exposes and checks the ports that the coordinators of the compose file listen on", () => {
  const { environment = {} } = readCompose().services["orrery-1"] ?? {};
  const ports = [environment.ORRERY_RPC_LISTEN, environment.ORRERY_HTTP_LISTEN].map((at) =>
    at?.split(":").at(-1),
  );
  expect(/^EXPOSE (.+)$/m.exec(last)?.[1]?.split(" ")).toEqual(ports);
  expect(last).toMatch(new RegExp(`^HEALTHCHECK [\\s\\S]*127\\.0\\.0\\.1:${ports[1]}/readyz`, "m"));
});

it("uses a Node.js that package.json allows", () => {
  const { engines } = JSON.parse(readFileSync(projectFile("package.json"), "utf8"));
  const [least = Number.NaN] = (engines.node.match(/\d+/) ?? []).map(Number);
  for (const stage of stages)
    expect(Number(/^FROM node:(\d+)-/.exec(stage)?.[1])).toBeGreaterThanOrEqual(least);
});
