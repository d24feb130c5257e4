import { decimalString, exponentOf } from "../../kernel/money.js";
import { textCell } from "../../open-books/exports/csv.js";
import { Voice, type Language } from "../../pages/words.js";
import type { MonthlyDonor } from "./monthly.js";

/** The fund as donors are asked to go on giving to it. */
export interface GoOn {
  /** Where people reach the server, without a slash at the end. */
  readonly address: string;
  readonly slug: string;
  readonly name: string;
  readonly currency: string;
  readonly suggested: readonly bigint[];
}

/** A link to the give page, monthly, with an amount filled in where there is one. */
export function continueLink({ address, slug }: Pick<GoOn, "address" | "slug">, amount?: bigint): string {
  const link = `${address}/${slug}/give?frequency=monthly`;
  return amount === undefined ? link : `${link}&amount=${amount.toString()}`;
}

/** A text to send with Open Collective's own "contact contributors", in a language: this program never learns an address. */
export function continueText(fund: GoOn, language: Language): string[] {
  const voice = new Voice(language, fund.currency);
  const { name } = fund;
  return [
    voice.say("moving.continue.hello"),
    "",
    voice.say("moving.continue.moved", { name }),
    voice.say("moving.continue.open"),
    "",
    continueLink(fund),
    "",
    ...(fund.suggested.length === 0 ? [] : [voice.say("moving.continue.amounts")]),
    ...fund.suggested.map((amount) => `  ${voice.money(amount)}   ${continueLink(fund, amount)}`),
    "",
    voice.say("moving.continue.stop"),
    voice.say("moving.continue.thanks", { name }),
  ];
}

/** One row for each monthly donor: a file of the organisers' own, formula-injection safe. Nothing of it goes into the database. */
export function continueCsv(fund: GoOn, donors: readonly MonthlyDonor[]): string {
  const digits = exponentOf(fund.currency);
  const rows = donors.map((d) => [
    textCell(d.handle),
    decimalString(d.amount, digits),
    fund.currency.toUpperCase(),
    "monthly",
    d.lastDay,
    d.current ? "yes" : "no",
    textCell(continueLink(fund, d.amount)),
  ]);
  const header = ["handle", "amount", "currency", "frequency", "last day", "still gave at the end", "link"];
  return [header, ...rows].map((row) => `${row.join(",")}\r\n`).join("");
}
