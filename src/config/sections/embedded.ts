import { count, section, text } from "../values.ts";

/** Engine `embedded`: PGlite nodes in this process. */
export const embedded = section({
  nodes: count.max(16).default(2).describe("PGlite nodes to run in this process."),
  data: text.optional().describe("Folder that keeps their data. Unset: in memory, gone at exit."),
});
