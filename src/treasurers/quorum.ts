/** m of the seats, counted by people and not by devices. */
export function quorumMet(approvedBy: readonly string[], seats: readonly string[], m: number): boolean {
  return countApprovals(approvedBy, seats) >= m;
}

/** How many different treasurers of the roster have approved. */
export function countApprovals(approvedBy: readonly string[], seats: readonly string[]): number {
  return new Set(approvedBy.filter((id) => seats.includes(id))).size;
}
