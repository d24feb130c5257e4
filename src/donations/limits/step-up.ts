/** What starting a gift asks of people when many are started: nothing, then a proof of work. Every number has its reason beside it. */

/** How long a start counts for its network. A household or an office rarely gives more than a few times an hour. */
export const NETWORK_WINDOW_SECONDS = 3600;
/** How long it counts for the fund and for the server. */
export const LOAD_WINDOW_SECONDS = 600;
/** How long an open card page counts against `SESSIONS_MAX`. */
export const SESSIONS_WINDOW_SECONDS = 60;

/** Up to so many starts nobody notices anything. */
export const FREE = { network: 5, fund: 30, server: 120 } as const;

/** Tries of one network in an hour that brought no proof; after these it is told to wait. With a proof nobody is: a whole Tor exit is one network. */
export const TRIES_MAX = 300;

/** Card pages that are opened in a minute, with proofs and all: of everybody, because each is a call of Stripe's, and of one network, so that none takes them all. */
export const SESSIONS_MAX = { server: 300, network: 100 } as const;

/**
 * Derivations of a proof, at the least and at the most. Measured in Chromium: 1,200 take 0.25 s on a server's core and 1.4 to 1.9 s when it is slowed six times, so the most
 * takes an old phone about 5 s.
 */
export const ROUNDS = { least: 800, most: 3000 } as const;

/** Forms without script that are let through in a minute: all of them, and of one network. */
export const TICKETS_MAX = { server: 12, network: 4 } as const;
export const TICKETS_WINDOW_SECONDS = 60;

/** Starts of the recent past. */
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

/** What a start without proof is asked for. */
export function stepFor(load: Load): Step {
  if (load.network < FREE.network && load.fund < FREE.fund && load.server < FREE.server) return { kind: "free" };
  return { kind: load.tries >= TRIES_MAX ? "refused" : "proof", rounds: roundsFor(load) };
}

/** The work grows with whatever is furthest beyond its limit, and never past what an old phone can do. */
function roundsFor(load: Load): number {
  const rounds = [
    (load.network * ROUNDS.least) / (4 * FREE.network),
    (load.fund * ROUNDS.least) / FREE.fund,
    (load.server * ROUNDS.least) / FREE.server,
  ].reduce((most, wanted) => (wanted > most ? wanted : most), ROUNDS.least);
  return rounds > ROUNDS.most ? ROUNDS.most : rounds - (rounds % 1);
}

/** May one more card page be opened in this minute? */
export function mayOpenSession(opened: { readonly network: number; readonly server: number }): boolean {
  return opened.network < SESSIONS_MAX.network && opened.server < SESSIONS_MAX.server;
}

/** Has a form without script, with a ticket that is ripe, its turn? */
export function ticketHasTurn(used: { readonly network: number; readonly server: number }): boolean {
  return used.network < TICKETS_MAX.network && used.server < TICKETS_MAX.server;
}
