import { status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { exitCodeOf } from "../../../src/cli/exit.ts";
import { OrreryError } from "../../../src/errors.ts";
import { info, Refused } from "./answering-server.ts";
import { runCli } from "./run-cli.ts";

describe("exit codes", () => {
  it.each([
    ["OK", 0],
    ["INTERNAL", 1],
    ["UNKNOWN", 1],
    ["UNIMPLEMENTED", 1],
    ["INVALID_ARGUMENT", 2],
    ["NOT_FOUND", 3],
    ["FAILED_PRECONDITION", 4],
    ["ALREADY_EXISTS", 4],
    ["ABORTED", 4],
    ["UNAVAILABLE", 5],
    ["DEADLINE_EXCEEDED", 5],
    ["RESOURCE_EXHAUSTED", 5],
  ] as const)("a call refused with %s ends with exit code %i", (name, code) => {
    expect(exitCodeOf(name)).toBe(code);
  });

  it.each([
    ["no such command", ["serch"]],
    ["an unknown option", ["nodes", "list", "--x"]],
    ["a missing argument", ["get", "ns"]],
    ["a choice that is none", ["nodes", "list", "-o", "xml"]],
    ["a number that is none", ["search", "--all", "--vector", "[1]", "--top-k", "many"]],
    ["a setting without a value", ["config", "check", "--set", "pool.max"]],
  ])("%s is wrong use, exit code 2", async (_, args) => {
    const { code, stdout, stderr } = await runCli(args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).not.toBe("");
  });

  it("help is no error and goes to standard output", async () => {
    const { code, stdout } = await runCli(["search", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("--like-namespace");
    expect(stdout).toContain("--address");
  });
});

it("a refused call is shown with reason, fields and request id", async () => {
  let requestId = "";
  const { code, stdout, stderr } = await runCli(["nodes", "list"], {
    answers: {
      ListNodes: (_: unknown, id: string) => {
        requestId = id;
        throw new Refused({
          code: "INVALID_ARGUMENT",
          message: "the request is wrong",
          details: [
            info("INVALID_REQUEST"),
            {
              "@type": "type.googleapis.com/google.rpc.BadRequest",
              fieldViolations: [{ field: "page_size", description: "must be 1 to 1000" }],
            },
          ],
        });
      },
    },
  });
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toBe(
    `INVALID_REQUEST: the request is wrong\n  page_size: must be 1 to 1000\n  request id: ${requestId}\n`,
  );
});

it("a command without a coordinator at the address ends with 5; the flag goes before the variable", async () => {
  const { code, stderr } = await runCli(["--address", "127.0.0.1:1", "nodes", "list"], {
    answers: { ListNodes: () => ({ nodes: [] }) },
  });
  expect(code).toBe(5);
  expect(stderr).toMatch(
    /^UNAVAILABLE: No connection established\. Last error: Error: connect ECONNREFUSED 127\.0\.0\.1:1\n {2}request id: \S+\n$/,
  );
});

it.each(["localhost", "[::1]", ":50051", "localhost:99999", "localhost:x", "http://localhost:50051"])(
  "the address %s is wrong use, whether the flag has it or the variable",
  async (address) => {
    for (const { code, stderr } of [
      await runCli(["--address", address, "nodes", "list"]),
      await runCli(["nodes", "list"], { env: { ORRERY_ADDRESS: address } }),
    ]) {
      expect(code).toBe(2);
      expect(stderr).toContain(`--address ${address}: must be host:port`);
    }
  },
);

it("an error of a server other than Orrery is shown by its status", async () => {
  const { code, stderr } = await runCli(["nodes", "list"]);
  expect(code).toBe(exitCodeOf("UNIMPLEMENTED"));
  expect(stderr).toContain(`UNIMPLEMENTED: `);
  expect(status.UNIMPLEMENTED).toBe(12);
});

describe("configuration", () => {
  it("config check lists every problem and ends with 4", async () => {
    const { code, stderr } = await runCli(["config", "check", "--set", "pool.max=0"], {
      env: { ORRERY_ENGINE: "citus", ORRERY_RPC_LISTN: "x" },
    });
    expect(code).toBe(4);
    expect(stderr).toContain("CONFIG_INVALID");
    expect(stderr).toContain("pool.max: ");
    expect(stderr).toContain("citus.url: is needed by engine citus");
    expect(stderr).toContain("ORRERY_RPC_LISTN: unknown variable; did you mean ORRERY_RPC_LISTEN?");
  });

  it("config check of a valid one says so, with what to know about it", async () => {
    const { code, stdout } = await runCli(["config", "check"]);
    expect(code).toBe(0);
    expect(stdout).toContain("note: embedded.data is not set");
    expect(stdout).toContain("the configuration is valid");
  });

  it("config print shows the result without passwords", async () => {
    const { stdout } = await runCli(["config", "print", "--set", "engine=citus"], {
      env: { ORRERY_CITUS_URL: "postgres://u:s3same@h/db" },
    });
    expect(stdout).toContain("engine: citus");
    expect(stdout).toContain("postgres://u:***@h/db");
  });

  it("config schema is a JSON schema that knows every section", async () => {
    const { stdout } = await runCli(["config", "schema"]);
    const schema = JSON.parse(stdout);
    expect(schema.properties.pool.properties.max).toMatchObject({ type: "integer", default: 10 });
    expect(schema.additionalProperties).toBe(false);
    expect(schema.required ?? []).toEqual([]);
  });

  it("serve gets the loaded configuration, and its failure the exit code of its kind", async () => {
    const { code, stderr } = await runCli(["serve", "--set", "pool.max=3"], {
      local: {
        serve: async ({ pool }) => {
          throw new OrreryError("NODE_UNAVAILABLE", `no node with ${pool.max} connections`);
        },
      },
    });
    expect(code).toBe(5);
    expect(stderr).toBe("NODE_UNAVAILABLE: no node with 3 connections\n");
  });
});

it("migrate says what was applied, and when nothing was", async () => {
  const applied = await runCli(["migrate"], { local: { migrate: async () => ["applied version 1"] } });
  expect(applied.stdout).toBe("applied version 1\n");
  expect((await runCli(["migrate"])).stdout).toBe("nothing to apply\n");
});

it("dev stops after the searches only with --once", async () => {
  const seen: boolean[] = [];
  const local = { dev: async (_: unknown, { once }: { once: boolean }) => void seen.push(once) };
  await runCli(["dev"], { local });
  await runCli(["dev", "--once"], { local });
  expect(seen).toEqual([false, true]);
});

describe("completion", () => {
  it.each(["bash", "zsh", "fish"])(
    "the completion of %s knows commands, their parts and their options",
    async (shell) => {
      const { code, stdout } = await runCli(["completion", shell]);
      expect(code).toBe(0);
      for (const word of ["search", "operations", "cancel", "top-k"]) expect(stdout).toContain(word);
    },
  );
});
