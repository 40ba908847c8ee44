// Who may import whom inside src/, which third-party package belongs to whom, and no cycles.

const FOLDERS = [
  "cli",
  "collectors",
  "engines",
  "lib",
  "metrics",
  "operations",
  "query",
  "rebalance",
  "rpc",
  "shards",
  "topology",
  "tracing",
  "write",
];
const PURE_TOPOLOGY = ["topology/ring.ts", "topology/shard-map.ts"];
/** What a request does with the map it is given; reads it, waits for nothing but a newer one. */
const REQUEST_TOPOLOGY = [...PURE_TOPOLOGY, "topology/collection-lookup.ts"];

/** Besides itself, a part may import these parts, and types (`import type`) of those in `types`. */
const PARTS = {
  lib: {},
  "errors.ts": {},
  "config(-schema|-values|-observability)?.ts": {
    from: ["errors.ts", "lib", "config(-schema|-values|-observability)?.ts"],
  },
  topology: { from: ["errors.ts", "lib"] },
  shards: { from: ["errors.ts", "lib", "topology/shard-map.ts"], types: ["topology"] },
  engines: { from: ["errors.ts", "lib", "shards", ...PURE_TOPOLOGY], types: ["topology", "rebalance"] },
  query: { from: ["errors.ts", "lib", ...REQUEST_TOPOLOGY], types: ["topology", "shards"] },
  write: { from: ["errors.ts", "lib", ...REQUEST_TOPOLOGY], types: ["topology", "shards", "query"] },
  "(operations|rebalance|collectors)": {
    from: ["errors.ts", "lib", "topology"],
    types: ["engines", "shards", "query"],
  },
  rpc: {
    from: ["errors.ts", "lib", "query", "write", "operations"],
    types: ["config(-schema|-values|-observability)?.ts", ...FOLDERS],
  },
  tracing: { from: ["lib"], types: ["rpc"] },
  metrics: { from: ["lib"], types: ["errors.ts", "config(-schema|-values|-observability)?.ts", ...FOLDERS] },
  cli: { from: ["errors.ts", "lib", "config(-schema|-values|-observability)?.ts"] },
  "cli.ts": {
    from: [
      "errors.ts",
      "lib",
      "config(-schema|-values|-observability)?.ts",
      "cli",
      "coordinator.ts",
      "inspect-cluster.ts",
      "migrate-cluster.ts",
    ],
  },
  // coordinator.ts, inspect-cluster.ts, migrate-cluster.ts, storage.ts and main.ts put everything together.
};

/** Third-party packages and the only files that may import them. */
const OWNERS = {
  "etcd3|cockatiel": "topology/etcd-client.ts",
  "pg|@electric-sql/.*|lru-cache": "shards/",
  "prom-client": "metrics/",
  "@opentelemetry/.*": "tracing/",
  "@grpc/.*|grpc-health-check|protobufjs": "(rpc|cli)/",
  "zod|yaml": "config(-schema|-values|-observability)?.ts",
  "commander|cli-table3|cli-progress": "cli(/|\\.ts$)",
  pino: "lib/create-logger.ts",
  hashring: "engines/fixed/",
  croner: "rebalance/",
};

const pattern = (part) =>
  part.endsWith(".ts") ? `^src/${part.replace(/\.ts$/, "\\.ts$")}` : `^src/${part}/`;

const partRules = Object.entries(PARTS).flatMap(([part, { from = [], types = [] }]) => {
  const free = [part, ...from].map(pattern);
  return [
    {
      name: `imports-of-${part}`,
      comment: `src/${part} may import only ${[...from, ...types.map((name) => `types of ${name}`)].join(", ") || "itself"}`,
      severity: "error",
      from: { path: pattern(part) },
      to: { path: "^src/", pathNot: [...free, ...types.map(pattern)] },
    },
    ...(types.length === 0
      ? []
      : [
          {
            name: `types-only-in-${part}`,
            comment: `src/${part} may import only types of ${types.join(", ")}`,
            severity: "error",
            from: { path: pattern(part) },
            to: { path: types.map(pattern), pathNot: free, dependencyTypesNot: ["type-only"] },
          },
        ]),
  ];
});

const ownerRules = Object.entries(OWNERS).map(([packages, owner]) => ({
  name: `owner-of-${packages}`,
  comment: `only src/${owner} may import ${packages}`,
  severity: "error",
  from: { path: "^src/", pathNot: `^src/${owner}` },
  to: { path: `node_modules/(@types/)?(${packages})/` },
}));

module.exports = {
  forbidden: [
    ...partRules,
    ...ownerRules,
    {
      name: "one-engine-knows-no-other",
      severity: "error",
      from: { path: "^src/engines/([^/]+)/" },
      to: { path: "^src/engines/[^/]+/", pathNot: "^src/engines/$1/" },
    },
    {
      name: "http2-is-loaded-by-choice",
      comment: "main.ts imports everything else after it has loaded HTTP/2 its own way",
      severity: "error",
      from: { path: "^src/main\\.ts$" },
      to: { dynamic: false, pathNot: "^src/lib/prompt-trailers\\.ts$" },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "declared-dependencies",
      comment: "what src imports is in `dependencies` of package.json",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["type-only"] },
    },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
};
