interface Day {
  bounce_rate: number | null;
  complaint_rate: number | null;
}

/** The rate of each day, the oldest first: nothing where nothing was handed over. */
export function rates(days: readonly Day[], name: keyof Day): (number | null)[] {
  return days.map((day) => day[name]);
}

/** Whether the provider reported anything: of one that never does, nothing delivered is no news. */
export function isReported(channel: Record<"delivered" | "bounced" | "complained" | "unsubscribed", number>): boolean {
  return channel.delivered + channel.bounced + channel.complained + channel.unsubscribed > 0;
}

/** Rates of reports are small: two digits behind the point, and what is too small says so. */
export function rate(share: number): string {
  if (share > 0 && share < 0.0001) return "< 0.01 %";
  return `${(share * 100).toFixed(2)} %`;
}
