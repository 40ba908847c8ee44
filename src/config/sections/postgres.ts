import { z } from "zod";
import { postgresUrl, section } from "../values.ts";

/** Engine `postgres`: servers with a fixed placement. */
export const postgres = section({
  urls: z.array(postgresUrl).default([]).describe("postgres:// URLs of the nodes of the `postgres` engine."),
});
