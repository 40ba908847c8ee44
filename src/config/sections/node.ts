import { z } from "zod";
import { hostPort, section, text } from "../values.ts";

/** Where this coordinator reaches the nodes. */
export const node = section({
  addresses: z
    .record(text, hostPort)
    .default({})
    .describe("Citus's node name -> where this coordinator reaches it, host:port each."),
});
