/** How many letters must be put in, taken out or changed to make one word of another. */
function apart(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let here = 1; here <= one.length; here += 1) {
    const next = [here];
    for (let there = 1; there <= other.length; there += 1) {
      const same = one[here - 1] === other[there - 1] ? 0 : 1;
      next.push(Math.min((next[there - 1] ?? 0) + 1, (row[there] ?? 0) + 1, (row[there - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}

/** The known name that a written one is most like, empty where none is near. */
export function likest(written: string, known: readonly string[]): string {
  const word = written.toLowerCase().replaceAll(/[\s-]+/g, "_");
  const near = known.map((each) => ({ each, far: apart(word, each.toLowerCase()) })).filter(({ far, each }) => far <= Math.max(1, Math.floor(each.length / 3)));
  return near.sort((one, other) => one.far - other.far)[0]?.each ?? "";
}
