import { Injectable } from "@nestjs/common";
import { invariant } from "../../kernel/invariant.js";
import { Gatherer } from "../../kernel/gatherer.js";
import { Database } from "../../platform/database/database.js";
import { TASKS } from "./stripe-events.js";
import type { Standing, StripeLine } from "./stripe-line.js";

const GROUP_SIZE_MAX = 256;

interface Noted {
  readonly line: StripeLine;
  readonly of: Standing;
}

/** The register of Stripe's balance transactions. Lines that arrive while a group is being written share the next one. */
@Injectable()
export class StripeLines {
  private readonly gatherer = new Gatherer<Noted, boolean>(
    GROUP_SIZE_MAX,
    ({ line }) => `${line.account}/${line.id}`,
    (_lane, items) => this.write(items),
  );

  constructor(private readonly database: Database) {}

  /** Writes a line down, with a job for the moment when Stripe releases it. Returns whether the journal of its fund has it already. */
  note(line: StripeLine, of: Standing): Promise<boolean> {
    return this.gatherer.add("", { line, of });
  }

  private async write(items: readonly Noted[]): Promise<boolean[]> {
    const of = <T>(value: (noted: Noted) => T): T[] => items.map(value);
    const [answer] = await this.database.plain<{ booked: boolean[] }>(
      "select note_lines($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) as booked",
      [
        of(({ line }) => line.account),
        of(({ line }) => line.id),
        of((noted) => noted.of.standing),
        of((noted) => noted.of.fundId),
        of(({ line }) => line.type),
        of(({ line }) => line.object),
        of(({ line }) => line.amount),
        of(({ line }) => line.fee),
        of(({ line }) => line.currency),
        of(({ line }) => line.converted),
        of(({ line }) => new Date(line.created * 1000)),
        of(({ line }) => new Date(line.availableOn * 1000)),
        TASKS.release,
      ],
    );
    invariant(answer?.booked.length === items.length, "note_lines answers each line of its group");
    return answer.booked;
  }
}
