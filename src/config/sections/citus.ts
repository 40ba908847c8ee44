import { postgresUrl, section } from "../values.ts";

/** Engine `citus`: a cluster that Citus distributes over. */
export const citus = section({
  url: postgresUrl
    .optional()
    .describe("postgres:// URL of the Citus coordinator node, for reads, writes and the map."),
  adminUrl: postgresUrl
    .optional()
    .describe("The same as a role that may create tables and migrate. Default: citus.url."),
});
