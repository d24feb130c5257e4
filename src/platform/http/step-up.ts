/** What a form that anybody may send asks of people when many are sent: nothing, then a proof of work. Every number has its reason beside it. */

/** How long one counts for its network. A household or an office rarely sends more than a few an hour. */
export const NETWORK_WINDOW_SECONDS = 3600;
/** How long it counts for the fund and for the server. */
export const LOAD_WINDOW_SECONDS = 600;
export const TICKETS_WINDOW_SECONDS = 60;

/** Tries of one network in an hour that brought no proof; after these it is told to wait. With a proof nobody is: a whole Tor exit is one network. */
export const TRIES_MAX = 300;

/**
 * Derivations of a proof, at the least and at the most. Measured in Chromium: 1,200 take 0.25 s on a server's core; slowed six times, 3,000 took 9.4 to
 * 9.7 s beside other work.
 */
export const ROUNDS_LEAST = 800;

/** What differs from form to form. */
export interface StepUpRule {
  /** Up to so many in a window nobody notices anything. */
  readonly free: { readonly network: number; readonly fund: number; readonly server: number };
  readonly roundsMost: number;
  /** Forms without script that are let through in a minute: all of them, and of one network. */
  readonly ticketsMax: { readonly server: number; readonly network: number };
}

/** What was sent in the recent past. */
export interface Load {
  readonly network: number;
  readonly fund: number;
  readonly server: number;
  /** Of this network, without proof. */
  readonly tries: number;
}

export type Step =
  | { readonly kind: "free" }
  /** Not without a proof of so many derivations. */
  | { readonly kind: "proof"; readonly rounds: number }
  /** Not without a proof either, and no more trying. */
  | { readonly kind: "refused"; readonly rounds: number };

/** What a form without proof is asked for. */
export function stepFor(rule: StepUpRule, load: Load): Step {
  const { free } = rule;
  if (load.network < free.network && load.fund < free.fund && load.server < free.server) return { kind: "free" };
  return { kind: load.tries >= TRIES_MAX ? "refused" : "proof", rounds: roundsFor(rule, load) };
}

/** The work grows with whatever is furthest beyond its limit, and never past what an old phone can do. */
function roundsFor({ free, roundsMost }: StepUpRule, load: Load): number {
  const rounds = [
    (load.network * ROUNDS_LEAST) / (4 * free.network),
    (load.fund * ROUNDS_LEAST) / free.fund,
    (load.server * ROUNDS_LEAST) / free.server,
  ].reduce((most, wanted) => (wanted > most ? wanted : most), ROUNDS_LEAST);
  return rounds > roundsMost ? roundsMost : rounds - (rounds % 1);
}

/** Has a form without script, with a ticket that is ripe, its turn? */
export function ticketHasTurn(
  { ticketsMax }: StepUpRule,
  used: { readonly network: number; readonly server: number },
): boolean {
  return used.network < ticketsMax.network && used.server < ticketsMax.server;
}
