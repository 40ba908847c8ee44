import type { Metrics } from "../../../src/metrics/create-metrics.ts";

/** Series as in the text a scrape gets -> value. */
export async function scrape(metrics: Pick<Metrics, "exposition">): Promise<Map<string, number>> {
  const { text } = await metrics.exposition();
  return parseExposition(text);
}

export function parseExposition(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
}
