/** What a curve costs at a given recall, so that systems can be compared at the same. Pure. */

export interface CurvePoint {
  readonly recall: number;
  readonly cost: number;
}

export interface AtRecall {
  readonly cost: number;
  /** Every point of the curve has more recall: so much or less. */
  readonly isUpperBound: boolean;
}

/**
 * Between the last point below that recall and the first that reaches it, in proportion; points in the order
 * in which the system looks wider. Undefined when none reaches it.
 */
export function costAtRecall(points: readonly CurvePoint[], recall: number): AtRecall | undefined {
  const reached = points.findIndex((point) => point.recall >= recall);
  const above = points[reached];
  if (above === undefined) return undefined;
  const below = points[reached - 1];
  if (below === undefined) return { cost: above.cost, isUpperBound: above.recall > recall };
  const part = (recall - below.recall) / (above.recall - below.recall);
  return { cost: below.cost + part * (above.cost - below.cost), isUpperBound: false };
}

/** The least width that has the recall; else the largest. */
export function widthFor(
  points: readonly { readonly width: number; readonly recall: number }[],
  recall: number,
): number {
  const enough = points.filter((point) => point.recall >= recall).map(({ width }) => width);
  return enough.length > 0 ? Math.min(...enough) : Math.max(...points.map(({ width }) => width));
}
