import type { Metrics } from "../../../src/metrics/create-metrics.ts";
import { parseExposition } from "../../support/exposition.ts";

/** Series as in the text a scrape gets -> value. */
export async function scrape(metrics: Pick<Metrics, "exposition">): Promise<Map<string, number>> {
  const { text } = await metrics.exposition();
  return parseExposition(text);
}
