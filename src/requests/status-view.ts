import type { Fund } from "../funds/funds.service.js";
import type { FormState } from "../pages/fields.js";
import type { FundFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import type { AidRequestRow } from "./aid-request.entity.js";
import type { CodeKind } from "./claim-rights.js";
import type { SealingKeys } from "./sealing-keys.service.js";
import type { Standing } from "./standings.service.js";

/** What the page of a request shows, and with whose words it was opened. */
export interface StatusView {
  readonly voice: Voice;
  readonly frame: FundFrame;
  readonly fund: Fund;
  readonly code: string;
  readonly kind: CodeKind;
  /** Somebody who helps holds words of their own. */
  readonly helped: boolean;
  readonly request: AidRequestRow;
  readonly standing: Standing;
  /** What a browser needs to lock by itself; null before the fund's log is published. */
  readonly sealing: SealingKeys | null;
  readonly note?: "status.changed" | "status.help.gone";
  readonly form?: FormState;
}
