/** Targets by the node and the statement that ask them. Pure. */
import type { TargetPlan } from "./plan/target-plan.ts";

/** Plans by node group, in the order in which the groups first appear. */
export function groupByNode<P extends Pick<TargetPlan, "target">>(
  plans: readonly P[],
): readonly (readonly P[])[] {
  if (plans.length === 1) return [plans];
  const byGroup = new Map<number, P[]>();
  for (const plan of plans) {
    const sameNode = byGroup.get(plan.target.group);
    if (sameNode === undefined) byGroup.set(plan.target.group, [plan]);
    else sameNode.push(plan);
  }
  return [...byGroup.values()];
}

/** Parts of at most `size`. */
export function chunk<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  const parts: T[][] = [];
  for (let at = 0; at < all.length; at += size) parts.push(all.slice(at, at + size));
  return parts;
}
