import type { Letter } from "../../platform/mail/mail.js";
import type { Voice } from "../../pages/words.js";
import { wordOf, type GiftLine } from "./yearly.js";

/** A receipt as a plain letter: what the page says, and the link to it. */
export function receiptLetter(
  voice: Voice,
  fund: { readonly name: string; readonly practice: boolean },
  gift: { readonly lines: readonly GiftLine[]; readonly number: string; readonly link: string },
): Omit<Letter, "to"> {
  const { say } = voice;
  const text = [
    say("mail.hello", { name: fund.name }),
    ...(fund.practice ? ["", say("mail.practice")] : []),
    "",
    ...gift.lines.map(
      (line) =>
        `${voice.day(line.day)}: ${say(wordOf(line))}, ${voice.money(line.amount < 0n ? -line.amount : line.amount)}`,
    ),
    `${say("yearly.receipt.number")}: ${gift.number}`,
    "",
    say("yearly.receipt.nothing", { count: gift.lines.filter((line) => line.kind === "gift").length }),
    say("yearly.receipt.tax"),
    "",
    say("mail.receipt", { link: gift.link }),
    say("mail.secret"),
    "",
    say("mail.why"),
    "",
  ];
  return { subject: say("mail.subject", { name: fund.name }), text: text.join("\n") };
}
