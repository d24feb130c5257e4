import { exponentOf } from "../kernel/money.js";
import type { Charter } from "./charter.js";

export const TEMPLATES = ["general", "rent", "bail", "strike", "clinic", "commissary", "disaster", "supplies"] as const;
export type Template = (typeof TEMPLATES)[number];

/** Whole units of the currency (dollars, yen) and the kinds of help that each template starts with. A fund changes them by its own charter. */
const STARTS: Readonly<
  Record<Template, { cap: bigint; envelope: bigint; leastPart?: bigint; categories: readonly string[] }>
> = {
  general: { cap: 500n, envelope: 2500n, categories: ["rent", "food", "transport", "health"] },
  rent: { cap: 1500n, envelope: 6000n, leastPart: 200n, categories: ["rent", "utilities", "moving"] },
  bail: { cap: 2500n, envelope: 10000n, categories: ["bail", "court", "transport"] },
  strike: { cap: 250n, envelope: 10000n, categories: ["stipend", "hardship"] },
  clinic: { cap: 800n, envelope: 4000n, categories: ["clinic", "travel", "lodging", "childcare"] },
  commissary: { cap: 100n, envelope: 1500n, categories: ["commissary", "phone"] },
  disaster: { cap: 300n, envelope: 15000n, leastPart: 50n, categories: ["grant", "shelter"] },
  supplies: { cap: 400n, envelope: 2000n, categories: ["food", "medicine", "supplies"] },
};

export function charterFromTemplate(
  template: Template,
  given: { name: string; currency: string; timeZone: string; practice: boolean },
): Charter {
  const start = STARTS[template];
  const unit = 10n ** BigInt(exponentOf(given.currency));
  return {
    name: given.name,
    timeZone: given.timeZone,
    // A hearing or an appointment has a day; whoever has none to name loses nothing by it where others name none either.
    rule: template === "bail" || template === "clinic" ? "deadline-first" : "first-come",
    capPerRequest: start.cap * unit,
    envelopePerWeek: start.envelope * unit,
    releases: 1,
    // A part of the rent keeps a landlord quiet for a while; half a bail frees nobody.
    leastPart: start.leastPart === undefined ? null : start.leastPart * unit,
    quorum: 2,
    words: false,
    categories: start.categories,
    publication: { clock: given.practice ? "ten-seconds" : "day", k: 5 },
    approvals: template === "bail" || template === "clinic" ? "sealed" : "published",
    retentionDays: 30,
    leaseMinutes: 30,
    reserve: { percent: 0, days: 60 },
    countEveryDays: 31,
    suggested: [10n, 25n, 50n, 100n].map((units) => units * unit),
    monthlyGoal: null,
    nextMeeting: null,
    onward: [],
  };
}
