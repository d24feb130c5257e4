type Nested = { [key: string]: string | Nested };

/** Stripe's form encoding: `line_items[0][price_data][currency]=usd` becomes nested objects; lists stay objects with number keys. */
export function readForm(body: string): Nested {
  const root: Nested = Object.create(null) as Nested;
  for (const [path, value] of new URLSearchParams(body)) {
    const keys = path.split(/\[|\]\[|\]/).filter((key, i) => i === 0 || key !== "");
    let at = root;
    for (const key of keys.slice(0, -1)) at = (at[key] ??= Object.create(null) as Nested) as Nested;
    at[keys.at(-1) ?? ""] = value;
  }
  return root;
}

/** The text at `a.b.0.c`, or undefined. */
export function at(form: Nested, path: string): string | undefined {
  const found = path
    .split(".")
    .reduce<string | Nested | undefined>((here, key) => (typeof here === "object" ? here[key] : undefined), form);
  return typeof found === "string" ? found : undefined;
}

/** A flat map of texts, such as metadata. */
export function textsAt(form: Nested, path: string): Record<string, string> {
  const found = path
    .split(".")
    .reduce<string | Nested | undefined>((here, key) => (typeof here === "object" ? here[key] : undefined), form);
  if (typeof found !== "object") return {};
  return Object.fromEntries(Object.entries(found).filter((e): e is [string, string] => typeof e[1] === "string"));
}
