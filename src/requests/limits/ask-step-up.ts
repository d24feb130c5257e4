import type { StepUpRule } from "../../platform/http/step-up.js";

/**
 * What asking costs while many ask: in Chromium slowed six times, as a phone of 2018 is slow, 3,000 derivations took 9.4 to 9.7 s, so 1,000 take about 3 s at the most (the answer lies between half of
 * them and all); without script it is half a minute's wait. Many ask from
 * one shelter, one library or one Tor exit, so a network is let alone for longer than when gifts are started.
 */
export const ASK_STEP_UP: StepUpRule = {
  free: { network: 10, fund: 60, server: 240 },
  roundsMost: 1000,
  ticketsMax: { server: 60, network: 20 },
};

/** A fund's budget: what comes over it in a window is marked as one flood. */
export const BURST_SECONDS = 600;
export const BURST_MAX = 60;
