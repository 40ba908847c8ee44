import { z } from "zod";
import { httpUrl, section, text } from "../values.ts";

/** Where the coordinators share the map. */
export const etcd = section({
  endpoints: z
    .array(httpUrl)
    .default([])
    .describe("etcd URLs. Empty: the map is kept in memory, for a single coordinator."),
  prefix: text
    .regex(/^\/[^\s]*[^/\s]$/, "must start with / and not end with it")
    .default("/orrery")
    .describe("Prefix of the keys."),
  username: text.optional().describe("etcd user."),
  password: text.optional().describe("Its password."),
});
