/**
 * Says which lines of comments and of prose are wider than 110 columns, and where a merge left its marks. The
 * formatter keeps code within the width, and leaves comments and documents alone.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const WIDTH = 110;
const COMMENT = {
  ts: /^\s*(\/\*\*|\*|\/\/) /,
  mts: /^\s*(\/\*\*|\*|\/\/) /,
  mjs: /^\s*(\/\*\*|\*|\/\/) /,
  cjs: /^\s*(\/\*\*|\*|\/\/) /,
  proto: /^\s*\/\/ /,
  sql: /^\s*-- /,
};
/** What cannot be broken: directives of tools, and a single long word such as an address. */
const UNBREAKABLE = /biome-ignore|^\W*\S+$/;

const MERGE_MARK = /^(<{7} |>{7} |={7}$)/;
const WITH_MARKS = /\.(md|ts|mts|mjs|cjs|js|json|sql|proto|ya?ml|sh)$/;

const files = execFileSync("git", ["ls-files"], { encoding: "utf8" }).split("\n");
const wide = files.flatMap((file) => {
  const ending = file.split(".").at(-1) ?? "";
  if (ending === "md") return wideProse(file);
  const comment = COMMENT[ending];
  if (comment === undefined) return [];
  return linesOf(file).flatMap((line, at) =>
    [...line].length > WIDTH && comment.test(line) && !UNBREAKABLE.test(line) ? [`${file}:${at + 1}`] : [],
  );
});

const marks = files
  .filter((file) => WITH_MARKS.test(file))
  .flatMap((file) =>
    linesOf(file).flatMap((line, at) => (MERGE_MARK.test(line) ? [`${file}:${at + 1}`] : [])),
  );

if (marks.length > 0) {
  console.error(`marks of a merge:\n${marks.join("\n")}`);
  process.exitCode = 1;
}
if (wide.length > 0) {
  console.error(`wider than ${WIDTH} columns:\n${wide.join("\n")}`);
  process.exitCode = 1;
}

/** Tables, blocks of code and headings are left alone. */
function wideProse(file) {
  let inCode = false;
  return linesOf(file).flatMap((line, at) => {
    if (line.trimStart().startsWith("```")) inCode = !inCode;
    const free = inCode || /^\s*(\||#|```)/.test(line) || UNBREAKABLE.test(line);
    return !free && [...line].length > WIDTH ? [`${file}:${at + 1}`] : [];
  });
}

function linesOf(file) {
  return readFileSync(file, "utf8").split("\n");
}
