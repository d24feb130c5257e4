/** Fields that an object of Stripe's has and that are empty here: their names, with spaces between them. */
export function nulls(names: string): Record<string, null> {
  return Object.fromEntries(names.split(" ").map((name) => [name, null]));
}
