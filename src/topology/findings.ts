/** Which findings of the periodic check are worth reporting. Pure. */

/** A fact about a node that an admin should act on; the leader's periodic check finds them. */
export interface Finding {
  readonly node: string;
  readonly problem: string;
}

/** A finding with the time of the first of the consecutive checks that made it. */
export interface SeenFinding extends Finding {
  readonly since: number;
}

/** What this check found, each with the time since when. */
export function trackFindings(
  before: readonly SeenFinding[],
  found: readonly Finding[],
  monotonicMs: number,
): readonly SeenFinding[] {
  return found.map(({ node, problem }) => {
    const earlier = before.find((finding) => finding.node === node && finding.problem === problem);
    return { node, problem, since: earlier?.since ?? monotonicMs };
  });
}

/** Those that lasted: a placement change reaches the nodes one by one, so they differ for a moment. */
export function lastingFindings(
  seen: readonly SeenFinding[],
  monotonicMs: number,
  lastingMs: number,
): readonly Finding[] {
  return seen
    .filter(({ since }) => monotonicMs - since >= lastingMs)
    .map(({ node, problem }) => ({ node, problem }));
}
