import type { Voice } from "../pages/words.js";
import { charterFromJson, type Charter, type CharterChange } from "./charter.js";
import { categoryName } from "./category-name.js";

/** One rule as people read it: what it is called, and what it says. */
export type Rule = readonly [name: string, says: string];

/** A charter in plain words. */
export function charterRows(voice: Voice, charter: Charter): Rule[] {
  return [
    [voice.say("charter.rule"), voice.say(`charter.rule.${charter.rule}`)],
    [voice.say("charter.cap"), voice.money(charter.capPerRequest)],
    [voice.say("charter.envelope"), voice.money(charter.envelopePerWeek)],
    [voice.say("charter.releases"), voice.say("charter.releases.is", { count: charter.releases })],
    [
      voice.say("charter.part"),
      charter.leastPart === null
        ? voice.say("charter.part.none")
        : voice.say("charter.part.least", { amount: voice.money(charter.leastPart) }),
    ],
    [voice.say("charter.quorum"), String(charter.quorum)],
    [voice.say("charter.words"), voice.say(charter.words ? "charter.yes" : "charter.no")],
    [voice.say("charter.categories"), charter.categories.map((c) => categoryName(voice, c)).join(", ") || "—"],
    [voice.say("charter.publication"), voice.say(`charter.clock.${charter.publication.clock}`)],
    [voice.say("charter.k"), String(charter.publication.k)],
    [voice.say("charter.approvals"), voice.say(`charter.approvals.${charter.approvals}`)],
    [voice.say("charter.reserve"), voice.say("charter.reserve.is", charter.reserve)],
    [voice.say("charter.count"), String(charter.countEveryDays)],
    [voice.say("charter.suggested"), charter.suggested.map((amount) => voice.money(amount)).join(" · ") || "—"],
    [voice.say("charter.goal"), charter.monthlyGoal === null ? "—" : voice.money(charter.monthlyGoal)],
    [voice.say("charter.retention"), String(charter.retentionDays)],
  ];
}

/** What a change of the charter changes, a sentence for each rule; words that are no rules (the name, the meeting, other groups) are told as such. */
export function changedRules(voice: Voice, before: Charter, { charter }: CharterChange): string[] {
  const { name, nextMeeting, onward } = before;
  const after = charterRows(voice, charterFromJson({ ...charter, name, nextMeeting, onward }));
  const changed = charterRows(voice, before).flatMap(([rule, was], i) => {
    const now = after[i]?.[1] ?? "";
    return was === now ? [] : [voice.say("change.rule", { rule, was, now })];
  });
  return changed.length > 0 ? changed : [voice.say("change.words")];
}
