/** How money can move to a person. */
export const RAILS = [
  "cash",
  "venmo",
  "cash-app",
  "zelle",
  "paypal",
  "cheque",
  "bank",
  "money-order",
  "landlord",
  "court",
] as const;
export type Rail = (typeof RAILS)[number];

export const OUTCOMES = ["received", "other-amount", "not-received"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** `aside` is one of a flood that was taken for noise: whoever comes back is waiting again. `approved` and `sending` are the fund's business: outside they are `chosen`. */
export type RequestState = "waiting" | "chosen" | "approved" | "sending" | "paid" | "withdrawn" | "aside";
export type PublicState = "waiting" | "chosen" | "part paid" | "paid" | "withdrawn" | "fund empty";

/** More parts than this are no request's. */
export const PARTS_MAX = 9999;

export const TO_CHARACTERS_MAX = 500;
export const WORDS_CHARACTERS_MAX = 1000;

/** Before the money is on its way, a person may change the amount or how to be paid, or take the request back. */
export function isChangeable(state: RequestState): boolean {
  return state === "waiting" || state === "chosen" || state === "approved";
}

/** What a person is told. `empty` is the fund's state, never theirs: they keep their place. */
export function publicState(
  { state, sent }: { readonly state: RequestState; readonly sent: bigint },
  potIsEmpty: boolean,
): PublicState {
  if (state === "aside") return "waiting";
  if (state === "waiting" && sent > 0n) return "part paid";
  if (state === "waiting") return potIsEmpty ? "fund empty" : "waiting";
  return state === "approved" || state === "sending" ? "chosen" : state;
}
