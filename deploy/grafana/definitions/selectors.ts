/** Selectors of series, filtered by the dashboards' variables. */
import type { Query } from "./panel.ts";

/** A metric that every coordinator exports, for the chosen coordinators. */
export function ofCoordinators(metric: string, labels = ""): string {
  return `${metric}{job=~"$job",instance=~"$instance"${labels && `,${labels}`}}`;
}

/**
 * A metric that the leader exports for the whole cluster. Aggregate it with `max by`: for a moment after a
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
