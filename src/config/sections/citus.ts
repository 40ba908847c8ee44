import { z } from "zod";
import { postgresUrl, section } from "../values.ts";

/** Engine `citus`: a cluster that Citus distributes over. */
export const citus = section({
  url: postgresUrl
    .optional()
    .describe("postgres:// URL of the Citus coordinator node, for reads, writes and the map."),
  adminUrl: postgresUrl
    .optional()
    .describe("The same as a role that may create tables and migrate. Default: citus.url."),
  splitsInPlace: z
    .boolean()
    .default(false)
    .describe(
      "Pieces of a split or isolation may be made on the node that holds the shard while records are updated. Only for a Citus without its issue 6790, by which such a split never ends; no release is known to be. `npm run chaos` tests it.",
    ),
});
