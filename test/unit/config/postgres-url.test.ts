import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/config/load.ts";
import { problemsOfUrl } from "../../../src/config/postgres-url.ts";

const URL = "postgres://u:hunter2@h/db";

describe("the query of a connection URL", () => {
  it.each([
    "",
    "?sslmode=require",
    "?sslmode=require&channel_binding=require",
    "?options=endpoint%3Dep-cool-1&sslmode=require&connect_timeout=10",
    "?target_session_attrs=read-write&gssencmode=disable&client_encoding=UTF8",
    "?sslmode=verify-full&sslrootcert=package.json&sslcert=package.json&sslkey=package.json",
    "?host=/run/postgresql&port=5433",
  ])("accepts %s", (query) => {
    expect(problemsOfUrl(URL + query)).toEqual([]);
  });

  it.each([
    ["application_name=x", "cannot have application_name: Orrery finds its sessions by their names"],
    ["statement_timeout=5", "cannot have statement_timeout: set pool.statementTimeoutMs"],
    ["lock_timeout=5", "cannot have lock_timeout: Orrery sets it for each session"],
    ["replication=database", "cannot have replication: Orrery does not replicate"],
    ["target_session_attrs=standby", "has a value for target_session_attrs that Orrery cannot follow"],
    ["client_encoding=LATIN1", "has a value for client_encoding that Orrery cannot follow"],
    ["sslmode=hunter2", "has a value for sslmode that Orrery cannot follow"],
    ["sslrootcert=/nowhere/hunter2.pem", "names a file for sslrootcert that cannot be read"],
    ["sslkey=/nowhere/hunter2.pem", "names a file for sslkey that cannot be read"],
    ["hostaddr=1.2.3.4", expect.stringMatching(/^cannot have "hostaddr"; it may have ssl, /)],
    ["toString=1", expect.stringMatching(/^cannot have "toString"; it may have ssl, /)],
  ])("refuses %s by name", (query, problem) => {
    expect(problemsOfUrl(`${URL}?${query}`)).toEqual([problem]);
  });

  it("refuses what is not a URL with one host", () => {
    expect(problemsOfUrl("postgres://u@a:1,b:2/db")).toHaveLength(1);
  });

  it("a setting with a URL that cannot be used is named, and its values are not", () => {
    const wrong = `${URL}?application_name=hunter2&sslmode=hunter2`;
    const load = (env: Readonly<Record<string, string>>) => () => loadConfig({ env });
    for (const [name, field] of [
      ["ORRERY_CITUS_URL", "citus.url"],
      ["ORRERY_CITUS_ADMIN_URL", "citus.adminUrl"],
      ["ORRERY_POSTGRES_URLS", "postgres.urls"],
    ] as const) {
      expect(load({ [name]: wrong })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
      expect(load({ [name]: wrong })).toThrow(field);
      expect(load({ [name]: wrong })).toThrow("application_name");
      expect(load({ [name]: wrong })).not.toThrow("hunter2");
    }
  });
});
