// `npm run check:models`: has Spin check docs/models/read-fence.pml. The protocol as it is must hold; put
// back, every fault must be found, by the property that it breaks. A check that finds no fault would prove
// nothing.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const MODEL = resolve("docs/models/read-fence.pml");

/** Named as in the model. */
const PROTOCOL = {
  "moves of a record's shard": { CHANGES: 2, WRITES: 1, KEYS: 1 },
  "two writes during a move": { CHANGES: 1, WRITERS: 2, KEYS: 1 },
  "moves of two shards that one statement reads": { CHANGES: 2, WRITES: 0, KEYS: 2, IS_SPLIT: 1 },
  "a split between two records, or a move": { CHANGES: 1, WRITES: 1, KEYS: 2 },
};

const MISSING = "NO_ACKNOWLEDGED_WRITE_IS_MISSING";
const LOST = "NO_ACKNOWLEDGED_WRITE_IS_LOST";
const FAULTS = [
  ["FAULT_NO_FENCE", { PROPERTY: "READS_ARE_OF_OWNERS" }],
  ["FAULT_FRESH_PLACEMENT_ONLY", { PROPERTY: MISSING }],
  ["FAULT_FRESH_PLACEMENT_ONLY", { PROPERTY: MISSING, WRITES: 0, KEYS: 2, IS_SPLIT: 1 }],
  ["FAULT_STABLE_WITHOUT_XMAX", { PROPERTY: MISSING }],
  ["FAULT_PLACEMENT_BEFORE_PREPARED", { PROPERTY: MISSING }],
  ["FAULT_XMAX_IGNORED", { PROPERTY: MISSING }],
  ["FAULT_UNKNOWN_IS_HERE", { PROPERTY: MISSING, CHANGES: 1, KEYS: 2 }],
  ["FAULT_PREPARED_NOT_ASKED", { PROPERTY: MISSING }],
  ["FAULT_ROW_NOT_READ_AGAIN", { PROPERTY: MISSING }],
  ["FAULT_SEEN_NOT_COMPARED", { PROPERTY: MISSING }],
  ["FAULT_ROLLED_BACK_IS_COMMITTING", { PROPERTY: "SEARCHES_END" }],
  ["FAULT_SNAPSHOT_BEFORE_SEARCH", { PROPERTY: MISSING }],
  ["FAULT_OWNER_TRUSTED", { PROPERTY: MISSING }],
  ["FAULT_WRITE_TO_SHARD_TABLE", { PROPERTY: LOST }],
  ["FAULT_WRITE_CHOSEN_BEFORE_LOCK", { PROPERTY: LOST }],
  ["FAULT_DECIDED_BEFORE_PREPARED", { PROPERTY: MISSING }],
  ["FAULT_RECORDS_AFTER_PLACEMENT", { PROPERTY: LOST }],
];

const run = promisify(execFile);

/** What the checker says of the model with these macros. */
async function check(macros, optimization) {
  const folder = await mkdtemp(join(tmpdir(), "orrery-model-"));
  try {
    const defined = Object.entries(macros).map(([name, value]) => `-D${name}=${value}`);
    const options = { cwd: folder, maxBuffer: 2 ** 26 };
    await run("spin", ["-a", ...defined, MODEL], options);
    const compile = ["-w", optimization, "-DSAFETY", "-DCOLLAPSE", "-DVECTORSZ=2048", "-o", "pan", "pan.c"];
    await run("gcc", compile, options);
    const { stdout } = await run("./pan", ["-m200000"], options);
    const found = /^pan:\d+: (.*?)(?: \(at depth \d+\))?$/m.exec(stdout)?.[1];
    const isWhole = /errors: 0\b/.test(stdout) && !/not completed|depth too small/.test(stdout);
    const states = Number(/([\d.e+]+) states, stored/.exec(stdout)?.[1]);
    return { found: found ?? (isWhole ? undefined : "the search was not completed"), states };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function checkProtocol([name, macros]) {
  const { found, states } = await check(macros, "-O1");
  const isRight = found === undefined;
  console.log(`${isRight ? "holds " : "FAILED"}  ${name}: ${found ?? `${states} states`}`);
  return isRight;
}

async function checkFault([name, macros]) {
  const { found, states } = await check({ ...macros, [name]: 1 }, "-O0");
  const isRight = found?.startsWith("assertion violated") === true;
  const what = isRight ? `breaks ${macros.PROPERTY}, ${states} states` : (found ?? "was not found");
  console.log(`${isRight ? "found " : "FAILED"}  ${name}: ${what}`);
  return isRight;
}

/** The longest first, as many at once as there are processors. */
async function checkAll() {
  const left = [
    ...Object.entries(PROTOCOL).map((entry) => () => checkProtocol(entry)),
    ...FAULTS.map((entry) => () => checkFault(entry)),
  ];
  const results = [];
  async function work() {
    for (let next = left.shift(); next !== undefined; next = left.shift()) results.push(await next());
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return results.every(Boolean);
}

/** Faults that are not in this script, in the model and in its README alike. */
async function incompleteFaults() {
  const files = [MODEL, resolve("docs/models/README.md")];
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
  const places = [
    FAULTS.map(([name]) => name),
    ...texts.map((text) => text.match(/FAULT_[A-Z_]+[A-Z]/g) ?? []),
  ];
  return [...new Set(places.flat())].filter((name) => !places.every((names) => names.includes(name)));
}

try {
  const incomplete = await incompleteFaults();
  if (incomplete.length > 0)
    console.error(`not in the model, its README and this script alike: ${incomplete.join(", ")}`);
  if (!(await checkAll()) || incomplete.length > 0) process.exitCode = 1;
} catch (error) {
  if (error.code !== "ENOENT") throw error;
  console.error(`${error.path} is not there: scripts/provision installs Spin and a C compiler`);
  process.exitCode = 1;
}
