import { worded } from "@/parts/numbers";
import { dataWords } from "@/words/data";

const words = dataWords.hold.because;

interface Told {
  what: string;
  bits: number;
}

/** What the API tells of a question: the rule that was met, or what a model compared. */
export interface Explanation {
  rule?: string;
  agrees?: Told[];
  differs?: Told[];
  missing?: string[];
  caution?: string;
}

/** How much likelier one person is by it: powers of two, as a person reads them. */
function weighed({ what, bits }: Told): string {
  const times = 2 ** Math.abs(bits);
  if (times < 1.5) return words.little(what);
  const said = times < 10 ? String(Math.round(times)) : times < 1000 ? String(Math.round(times / 10) * 10) : words.thousand;
  return bits > 0 ? words.likelier(what, said) : words.lessLikely(what, said);
}

/** Why a question is asked, line by line: a heading and what stands under it. */
export function explained(found: Explanation): [string, string][] {
  const lines: [string, string][] = [];
  if (found.rule !== undefined) lines.push([words.rule, worded(found.rule)]);
  if (found.agrees !== undefined) lines.push([words.agrees, found.agrees.map(weighed).join("; ") || words.nothing]);
  if (found.differs?.length) lines.push([words.differs, found.differs.map(weighed).join("; ")]);
  if (found.missing?.length) lines.push([words.missing, found.missing.join(", ")]);
  if (found.caution !== undefined) lines.push([words.caution, found.caution]);
  return lines;
}
