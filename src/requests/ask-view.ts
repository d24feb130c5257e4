import type { Charter } from "../funds/charter.js";
import type { FormState } from "../pages/fields.js";
import type { FundFrame } from "../pages/layout.js";
import type { StepUpView } from "../pages/step-up.js";
import type { SealingKeys } from "./sealing-keys.service.js";
import type { Voice } from "../pages/words.js";

export interface AskView {
  readonly voice: Voice;
  readonly fund: FundFrame;
  readonly charter: Charter;
  readonly open: boolean;
  /** The day that asking opens again; null while it is open. */
  readonly pausedUntil: string | null;
  readonly today: string;
  /** A random Idempotency-Key of at least 128 bits: sending the form twice asks once. */
  readonly key: string;
  /** What a browser needs to lock by itself; null before the fund's log is published. */
  readonly sealing: SealingKeys | null;
  readonly form?: FormState;
  /** While many ask. */
  readonly stepUp?: StepUpView;
}
