/** Series as the dashboards' variables choose them. */
import type { Query } from "./panel.ts";

/** A metric that every coordinator exports, of the coordinators chosen. */
export function ofCoordinators(metric: string, labels = ""): string {
  return `${metric}{job=~"$job",instance=~"$instance"${labels && `,${labels}`}}`;
}

/**
 * A metric that the leader exports for the whole cluster. To be taken by `max by`: for a moment after a
 * change of leader two coordinators may export it.
 */
export function ofLeader(metric: string, labels = ""): string {
  return `${metric}{job=~"$job"${labels && `,${labels}`}}`;
}

/** `buckets` is a selector of a histogram's `_bucket` series. */
export function quantiles(buckets: string, which: readonly number[]): readonly Query[] {
  return which.map((quantile) => ({
    expr: `histogram_quantile(${quantile}, sum by (le) (rate(${buckets}[$__rate_interval])))`,
    legend: `p${quantile * 100}`,
  }));
}
