/** `; did you mean …?` with the candidate closest to `word`; empty when none is close. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best === undefined ? "" : `; did you mean ${best}?`;
}

/** Levenshtein distance: how many characters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, left] of [...a].entries()) {
    let diagonal = i;
    let before = i + 1;
    row = row.map((above, j) => {
      if (j === 0) return before;
      before = Math.min(above + 1, before + 1, diagonal + (left === b[j - 1] ? 0 : 1));
      diagonal = above;
      return before;
    });
  }
  return row[b.length] ?? a.length;
}
