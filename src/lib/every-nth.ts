/** True for a `share` (0 to 1) of the calls, evenly: at 0.01 for every hundredth, the hundredth first. */
export function everyNth(share: number): () => boolean {
  let due = 0;
  return () => {
    due += share;
    if (due < 1) return false;
    due -= 1;
    return true;
  };
}
