import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientConfig } from "../../../../src/shards/pg/client-config.ts";
import { nodeUrl } from "../../../../src/shards/pg/node-url.ts";

const SESSION = { applicationName: "orrery", options: "-c jit=off", connectTimeoutMs: 5_000 };

/** `pg` warns once in a process, so of all tests here. */
const warnings: string[] = [];
const listen = ({ message }: Error) => warnings.push(message);
beforeAll(() => process.on("warning", listen));
afterAll(() => process.off("warning", listen));

/** What a client of `pg` makes of it. */
function connecting(url: string) {
  const config = clientConfig(url, SESSION);
  const { connectionParameters: parameters, ...client } = new pg.Client(config) as unknown as {
    connectionParameters: Readonly<Record<string, unknown>>;
    enableChannelBinding: boolean;
    _connectionTimeoutMillis: number;
  };
  const { host, port, user, database, password, options, application_name, ssl } = parameters;
  return {
    ...{ host, port, user, database, password, options, application_name, ssl },
    channelBinding: client.enableChannelBinding,
    timeoutMs: client._connectionTimeoutMillis,
  };
}

const PLAIN = {
  host: "ep-cool-darkness-123456.us-east-2.aws.neon.tech",
  port: 5432,
  user: "alex",
  database: "neondb",
  password: "AbC123 d/f",
  options: "-c jit=off",
  application_name: "orrery",
  ssl: false,
  channelBinding: false,
  timeoutMs: 5_000,
};
const BASE = `postgresql://alex:AbC123%20d%2Ff@${PLAIN.host}/neondb`;

describe("a URL that a managed service hands out", () => {
  it.each([
    ["", {}],
    ["?sslmode=require", { ssl: {} }],
    ["?sslmode=verify-full&channel_binding=require", { ssl: {}, channelBinding: true }],
    [
      "?options=endpoint%3Dep-cool-darkness-123456&sslmode=require",
      { ssl: {}, options: "endpoint=ep-cool-darkness-123456 -c jit=off" },
    ],
    [
      "?options=--cluster%3Dgoofy-tapir-12&sslmode=verify-full",
      { ssl: {}, options: "--cluster=goofy-tapir-12 -c jit=off" },
    ],
    ["?options=-c%20search_path%3Dx+-c+jit%3Don", { options: "-c search_path=x -c jit=on -c jit=off" }],
    ["?target_session_attrs=read-write&connect_timeout=2", { timeoutMs: 2_000 }],
    ["?connect_timeout=60", { timeoutMs: 5_000 }],
    ["?connect_timeout=0&sslmode=disable", {}],
    ["?application_name=theirs", {}],
  ])("the query %s joins what Orrery sets", (query, expected) => {
    expect(connecting(BASE + query)).toEqual({ ...PLAIN, ...expected });
  });

  it("a URL with any TLS mode makes nobody write to standard error, where only log lines belong", async () => {
    const modes = ["disable", "prefer", "require", "verify-ca", "verify-full", "no-verify"];
    const tls = modes.map((mode) => [mode, connecting(`${BASE}?sslmode=${mode}`).ssl]);
    await new Promise(setImmediate);
    expect(warnings).toEqual([]);
    // The certificate is checked in all modes but the two that say that it is not.
    expect(Object.fromEntries(tls)).toEqual({
      ...Object.fromEntries(modes.map((mode) => [mode, {}])),
      disable: false,
      "no-verify": { rejectUnauthorized: false },
    });
  });

  it("a host in the query of the URL is that of the configured server alone", () => {
    const url = nodeUrl("postgres://u@a/db?host=b&port=6000&sslmode=disable", "worker-1:5433", {});
    expect(connecting(url)).toMatchObject({ host: "worker-1", port: 5433, user: "u", database: "db" });
    expect(connecting("postgres:///db?host=/run/postgresql&port=6000&user=u")).toMatchObject({
      host: "/run/postgresql",
      port: 6000,
    });
  });
});
