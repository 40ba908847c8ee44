import { defineConfig } from "vitest/config";

const refuseLeakWarnings = "test/support/refuse-leak-warnings.ts";
/** Makes servers in the test process send trailers as the program does. */
const promptTrailers = "test/support/prompt-trailers.ts";

/** Lanes with real servers run one file after another, with limits that suffice on a busy machine. */
const realServers = {
  fileParallelism: false,
  testTimeout: 120_000,
  hookTimeout: 180_000,
  setupFiles: [refuseLeakWarnings],
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts", "test/contract/**/*.memory.test.ts"],
          testTimeout: 60_000,
          setupFiles: [refuseLeakWarnings, promptTrailers],
        },
      },
      {
        test: {
          name: "embedded",
          include: ["test/embedded/**/*.test.ts"],
          ...realServers,
          setupFiles: [refuseLeakWarnings, promptTrailers],
        },
      },
      {
        test: {
          name: "postgres",
          include: ["test/postgres/**/*.test.ts", "test/contract/**/*.etcd.test.ts"],
          ...realServers,
        },
      },
      { test: { name: "citus", include: ["test/citus/**/*.test.ts"], ...realServers } },
      { test: { name: "deploy", include: ["test/deploy/**/*.test.ts"], ...realServers } },
      // What takes minutes: run by `npm run chaos`, not by `npm test`.
      {
        test: {
          name: "chaos",
          include: ["test/chaos/**/*.test.ts"],
          ...realServers,
          testTimeout: 1_800_000,
        },
      },
      {
        test: {
          name: "containers",
          include: ["test/containers/**/*.test.ts"],
          ...realServers,
          hookTimeout: 1_200_000, // images are built
        },
      },
    ],
  },
});
