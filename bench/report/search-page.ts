import type { SearchSummary } from "./summary.ts";
export function searchPage(_: SearchSummary): string {
  return "";
}
