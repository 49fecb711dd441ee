/** Units of what experiments measure: shares, money in minor units, anything else a number. */
export interface Unit {
  is_share: boolean;
  is_money: boolean;
}

/** A currency has as many minor digits as its standard says. */
function digitsOf(currency: string): number {
  return new Intl.NumberFormat("en-GB", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

function amount(of: number, unit: Unit, currency: string): string {
  if (unit.is_share) return (of * 100).toFixed(1);
  if (unit.is_money) return (of / 10 ** digitsOf(currency)).toFixed(digitsOf(currency));
  return of.toFixed(2);
}

/** A value: shares in percent, money in its currency. */
export function value(of: number, unit: Unit, currency: string): string {
  const number = amount(of, unit, currency);
  if (unit.is_share) return `${number} %`;
  return unit.is_money ? `${number} ${currency}` : number;
}

/** A difference with its sign: of shares in points, of money in its currency's main unit. */
export function effect(of: number, unit: Unit, currency: string): string {
  const number = amount(of, unit, currency);
  return of > 0 ? `+${number}` : number.replace("-", "−");
}

/** By what a number of the API is multiplied to be drawn: shares in points, money in its main unit. */
export function scaleOf(unit: Unit, currency: string): number {
  if (unit.is_share) return 100;
  return unit.is_money ? 1 / 10 ** digitsOf(currency) : 1;
}
