/** How numbers are written. English, as all words of the console. */
const WHOLE = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

export function whole(value: number): string {
  return WHOLE.format(value);
}

const SIZES = ["B", "KB", "MB", "GB", "TB"];

/** A size, in steps of 1,000. */
export function bytes(value: number): string {
  const step = value < 1_000 ? 0 : Math.min(SIZES.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1_000 ** step;
  return `${scaled.toFixed(step > 0 && scaled < 100 ? 1 : 0)} ${SIZES[step]}`;
}

export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}

export function seconds(value: number): string {
  if (value < 120) return `${value.toFixed(value < 10 ? 1 : 0)} s`;
  if (value < 7_200) return `${Math.round(value / 60)} min`;
  return value < 172_800 ? `${Math.round(value / 3_600)} h` : `${Math.round(value / 86_400)} days`;
}

/** `membership_status` as words: `Membership status`. */
export function worded(name: string): string {
  const words = name.replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A confidence, which the API tells in percent. */
export function percentOf(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : `${value} %`;
}
