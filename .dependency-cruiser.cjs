// Who may import whom inside src/, which third-party package belongs to whom; no cycles, in bench/ and
// test/support/ neither.

const ROOMS = [
  "advice",
  "api",
  "cli",
  "client",
  "collectors",
  "config",
  "coordinator",
  "doctor",
  "engines",
  "lib",
  "metrics",
  "operations",
  "proto",
  "query",
  "rebalance",
  "recall",
  "servers",
  "shards",
  "topology",
  "tracing",
  "write",
];
const PURE_TOPOLOGY = ["topology/ring.ts", "topology/shard-map.ts", "topology/stored-filter.ts"];
/** What the catalogs say is checked by. */
const CATALOG_TOPOLOGY = ["topology/collection-settings.ts", "topology/valid-catalog.ts"];
/** What a request does with the map it is given; reads it, waits for nothing but a newer one. */
const REQUEST_TOPOLOGY = [...PURE_TOPOLOGY, "topology/collection-lookup.ts"];

/**
 * Besides itself, a room may import these rooms, and types (`import type`) of those in `types`.
 * ARCHITECTURE.md has the same table. A room without a row may import nothing.
 */
const IMPORTS = {
  lib: {},
  "errors.ts": {},
  config: { from: ["errors.ts", "lib"] },
  // The server, the client and the command line share the types of the messages, and how they are read.
  "proto/generated": {},
  proto: { from: ["lib"] },
  servers: { from: ["errors.ts", "lib"] },
  topology: { from: ["errors.ts", "lib"] },
  shards: { from: ["errors.ts", "lib", "topology/shard-map.ts"], types: ["topology"] },
  engines: {
    from: ["errors.ts", "lib", "servers", "shards", ...PURE_TOPOLOGY, ...CATALOG_TOPOLOGY],
    types: ["topology", "rebalance"],
  },
  "query/plan": { from: ["errors.ts", ...PURE_TOPOLOGY], types: ["query/types.ts"] },
  query: { from: ["errors.ts", "lib", ...REQUEST_TOPOLOGY], types: ["topology", "shards"] },
  write: { from: ["errors.ts", "lib", ...REQUEST_TOPOLOGY], types: ["topology", "shards", "query"] },
  rebalance: { from: ["errors.ts", "lib", "servers", ...PURE_TOPOLOGY] },
  recall: {
    from: [
      "errors.ts",
      "lib",
      "query/plan",
      "shards/sql/distance.ts",
      "shards/sql/recall.ts",
      ...PURE_TOPOLOGY,
    ],
    types: ["topology", "shards", "engines", "query"],
  },
  advice: { from: ["lib", "rebalance"], types: ["topology/shard-map.ts", "servers"] },
  operations: {
    from: ["errors.ts", "lib", "topology", "rebalance", "servers", "advice/index-memory.ts"],
    types: ["engines", "shards", "query"],
  },
  collectors: {
    from: ["errors.ts", "lib", "topology", "rebalance", "advice", "servers"],
    types: ["engines", "shards", "query"],
  },
  "api/wire": { from: ["errors.ts", "lib"], types: ["query", "write", "topology", "proto"] },
  "api/requests": {
    from: ["errors.ts", "lib", "api/wire", "query", "write", "operations", "topology/stored-filter.ts"],
    types: ["topology", "rebalance", "config", "proto/generated"],
  },
  "api/responses": {
    from: ["errors.ts", "lib", "api/wire", "query", "write", "operations", "topology/stored-filter.ts"],
    types: ["topology", "rebalance", "proto/generated", "api/requests", "api/cluster-api.ts"],
  },
  // What the methods do, for any transport.
  "api/services": {
    from: [
      "errors.ts",
      "lib",
      "api/wire",
      "api/requests",
      "api/responses",
      "operations",
      "topology/collection-lacks.ts",
    ],
    types: [
      "topology",
      "rebalance",
      "query",
      "write",
      "config",
      "proto/generated",
      "api/cluster-api.ts",
      "api/rpc-observer.ts",
    ],
  },
  api: { from: ["errors.ts", "lib", "proto"], types: ROOMS },
  tracing: { from: ["lib"], types: ["api"] },
  metrics: { from: ["lib"], types: ["errors.ts", ...ROOMS] },
  client: { from: ["errors.ts", "lib", "proto"] },
  cli: { from: ["errors.ts", "lib", "config", "client", "doctor"], types: ["proto/generated"] },
  doctor: {
    from: ["errors.ts", "lib", "config", "servers", "advice", "engines", "shards", "topology"],
  },
  "cli.ts": { from: ["errors.ts", "lib", "config", "cli", "coordinator", "doctor"] },
  // The composition root may import every room but those of the command line.
  coordinator: {
    from: ROOMS.filter((room) => !["cli", "client", "doctor"].includes(room)).concat("errors.ts"),
  },
};

/** The same inside bench/. Only bench.ts may import the commands. */
const BENCH_IMPORTS = {
  client: [],
  data: ["client"],
  setup: ["client", "data", "options.ts", "report/results.ts"],
  systems: ["client", "data", "setup"],
  measure: ["client", "data", "options.ts", "setup", "systems"],
  peers: ["client", "data", "measure", "options.ts", "setup"],
  report: ["data", "measure", "options.ts"],
  scenarios: ["client", "data", "measure", "options.ts", "report", "setup", "systems"],
  commands: ["client", "data", "measure", "options.ts", "peers", "report", "setup", "systems"],
};

/** Third-party packages and the only files that may import them. */
const OWNERS = {
  "etcd3|cockatiel": "topology/etcd-client.ts",
  "pg|pg-pool": "shards/pg/",
  "@electric-sql/.*": "shards/pglite/",
  "lru-cache": "(shards/|query/filter-rows\\.ts$)",
  "prom-client": "metrics/",
  "@opentelemetry/.*": "tracing/",
  "@grpc/.*|grpc-health-check": "(api/grpc|client|proto)/",
  protobufjs: "(api|client|proto)/",
  zod: "(config/|recall/|topology/collection-settings\\.ts)",
  yaml: "config/",
  "commander|cli-table3|cli-progress": "cli(/|\\.ts$)",
  pino: "lib/create-logger.ts",
  hashring: "engines/fixed/",
  croner: "operations/",
};

const pattern = (room) =>
  room.endsWith(".ts") ? `^src/${room.replace(/\.ts$/, "\\.ts$")}` : `^src/${room}/`;

/** Rooms inside a room have rules of their own. */
const roomsInside = (room) => Object.keys(IMPORTS).filter((other) => other.startsWith(`${room}/`));

const roomRules = Object.entries(IMPORTS).flatMap(([room, { from = [], types = [] }]) => {
  const within = { path: pattern(room), pathNot: roomsInside(room).map(pattern) };
  const free = [room, ...from].map(pattern);
  return [
    {
      name: `imports-of-${room}`,
      comment: `src/${room} may import only ${[...from, ...types.map((name) => `types of ${name}`)].join(", ") || "itself"}`,
      severity: "error",
      from: within,
      to: { path: "^src/", pathNot: [...free, ...types.map(pattern)] },
    },
    ...(types.length === 0
      ? []
      : [
          {
            name: `types-only-in-${room}`,
            comment: `src/${room} may import only types of ${types.join(", ")}`,
            severity: "error",
            from: within,
            to: { path: types.map(pattern), pathNot: free, dependencyTypesNot: ["type-only"] },
          },
        ]),
  ];
});

const benchRules = Object.entries(BENCH_IMPORTS).map(([room, free]) => ({
  name: `imports-of-bench/${room}`,
  comment: `bench/${room} may import only ${free.join(", ") || "itself"}`,
  severity: "error",
  from: { path: `^bench/${room}/` },
  to: {
    path: "^bench/",
    pathNot: [room, ...free].map((other) => `^bench/${other.replace(".", "\\.")}`),
  },
}));

const ownerRules = Object.entries(OWNERS).map(([packages, owner]) => ({
  name: `owner-of-${packages}`,
  comment: `only src/${owner} may import ${packages}`,
  severity: "error",
  from: { path: "^src/", pathNot: `^src/${owner}` },
  to: { path: `node_modules/(@types/)?(${packages})/` },
}));

module.exports = {
  forbidden: [
    ...roomRules,
    ...benchRules,
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
    {
      name: "every-file-has-a-room",
      comment: "besides main.ts, cli.ts and errors.ts every file of src lies in a room of the table",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/(main|cli|errors)\\.ts$", ...ROOMS.map(pattern)] },
      to: {},
    },
    {
      name: "no-cycles",
      severity: "error",
      from: { pathNot: "^src/proto/generated/" }, // a Struct holds Values, which hold Structs
      to: { circular: true },
    },
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
