/** Filters live in the address: small texts, and what is empty is left out. */
type Said<Name extends string> = Partial<Record<Name, string>>;

export function texts<Name extends string>(...names: Name[]): (told: Record<string, unknown>) => Said<Name> {
  return (told) => {
    const found: Said<Name> = {};
    for (const name of names) {
      const value = told[name];
      if (typeof value === "string" && value !== "") found[name] = value;
      else if (typeof value === "number" || typeof value === "boolean") found[name] = String(value);
    }
    return found;
  };
}

export function text<Name extends string>(name: Name): (told: Record<string, unknown>) => Said<Name> {
  return texts(name);
}

/** `from` and `to` of the address as parameters of a call: what is not said is not sent. */
export function said<T extends object>(search: T): { [K in keyof T]: Exclude<T[K], ""> } {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined && value !== "")) as {
    [K in keyof T]: Exclude<T[K], "">;
  };
}
