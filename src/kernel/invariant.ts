/** A sentence that must be true whatever people or networks do. When it is not, the program has a bug and stops what it was doing. */
export function invariant(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${sentence}`);
}
