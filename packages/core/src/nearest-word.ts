/**
 * Which of a few words somebody has meant.
 *
 * @module
 */

/**
 * The word that is most like a given one.
 *
 * @param word What was written.
 * @param words What there is.
 * @returns Undefined when none is like it: when more than half of it would have to be changed, and neither begins the other.
 */
export function nearestWord(word: string, words: readonly string[]): string | undefined {
  const given = word.toLowerCase();
  let nearest: string | undefined;
  let least = Math.max(1, given.length / 2);
  for (const candidate of words) {
    const known = candidate.toLowerCase();
    const isPart = given !== "" && (known.startsWith(given) || given.startsWith(known));
    const changes = isPart ? 0.5 : changesBetween(given, known);
    if (nearest === undefined ? changes > least : changes >= least) continue;
    nearest = candidate;
    least = changes;
  }
  return nearest;
}

/** How many letters must be put in, left out, changed or swapped with the next to make one word of another. */
function changesBetween(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, count) => count);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row[j] = Math.min(
        at(last, j) + 1,
        at(row, j - 1) + 1,
        at(last, j - 1) + (isSame ? 0 : 1),
        isSwapped ? at(beforeLast, j - 2) + 1 : Infinity,
      );
    }
    beforeLast = last;
    last = row;
  }
  return at(last, to.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
