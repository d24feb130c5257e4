import type { StepUpRule } from "../../platform/http/step-up.js";

/** What starting a gift asks for while many are started. An old phone does the most of it in about 5 s. */
export const GIFT_STEP_UP: StepUpRule = {
  free: { network: 5, fund: 30, server: 120 },
  roundsMost: 3000,
  ticketsMax: { server: 12, network: 4 },
};

/** How long an open card page counts against `SESSIONS_MAX`. */
export const SESSIONS_WINDOW_SECONDS = 60;

/** Card pages that are opened in a minute, with proofs and all: of everybody, because each is a call of Stripe's, and of one network, so that none takes them all. */
export const SESSIONS_MAX = { server: 300, network: 100 } as const;

/** May one more card page be opened in this minute? */
export function mayOpenSession(opened: { readonly network: number; readonly server: number }): boolean {
  return opened.network < SESSIONS_MAX.network && opened.server < SESSIONS_MAX.server;
}
