/** The order of a repeat: another one each time, the same in each run. */
import { uniform } from "../../test/support/clustered-vectors.ts";

/** Those of `items`, in an order that `seed` decides (Fisher-Yates). */
export function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const random = uniform(seed);
  const order = [...items];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}
