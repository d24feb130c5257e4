import { isId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusal.js";
import { refusedForm, type FormState } from "../pages/fields.js";
import type { Voice } from "../pages/words.js";
import type { FormWithFile } from "../platform/http/forms-with-files.js";
import { DAY_ORDERS, DECIMALS } from "./cells.js";
import { decode, plain, type Delimiter, type Mapping, type Table } from "./statement-file.js";

type Typed = Readonly<Record<string, string>>;

const DELIMITER_OF: Readonly<Record<string, Delimiter>> = { comma: ",", semicolon: ";", tab: "\t" };

/** The delimiter that was chosen; undefined where none of ours was. */
export function delimiterIn(typed: Typed): Delimiter | undefined {
  return DELIMITER_OF[typed["delimiter"] ?? ""];
}

/** The mapping that a person chose for a table. What is not chosen, or is no column of this table, is null. */
export function mappingFrom(typed: Typed, table: Table): Mapping {
  const column = (name: string): number | null => {
    const chosen = typed[name] ?? "";
    return /^\d{1,2}$/.test(chosen) && Number(chosen) < table.columns ? Number(chosen) : null;
  };
  return {
    delimiter: table.delimiter,
    day: column("day"),
    order: DAY_ORDERS.find((order) => order === typed["order"]) ?? null,
    amount: column("amount"),
    sign: column("sign"),
    moneyIn: column("moneyIn"),
    moneyOut: column("moneyOut"),
    decimal: DECIMALS.find((decimal) => decimal === typed["decimal"]) ?? null,
    balance: column("balance"),
    status: column("status"),
    currency: column("currency"),
  };
}

/** The lines that were ticked, by the names of their boxes: `yes-<line>`. */
export function ticked(typed: Typed, prefix: string): string[] {
  const lines = Object.keys(typed).filter((name) => name.startsWith(prefix));
  if (lines.length === 0) throw new Refusal("nothing-ticked");
  return lines.map((name) => idOf(name.slice(prefix.length)));
}

/** "12-14" -> [12n, 14n] */
export function seqsOf(value: string | undefined): bigint[] {
  if (!/^\d{1,15}(-\d{1,15}){0,9}$/.test(value ?? "")) throw new Refusal("wrong-state");
  return (value ?? "").split("-").map(BigInt);
}

export function idOf(value: string | undefined): string {
  if (value === undefined || !isId(value)) throw new Refusal("wrong-state");
  return value;
}

/** The text of a file that was sent: chosen, carried from the last page, or pasted. Refuses `invalid` about `file` where there is none. */
export function textOf(form: FormWithFile): string {
  if (form.file !== null) return decode(form.file);
  const carried = form.fields["content"] ?? form.fields["pasted"] ?? "";
  if (carried.trim() === "") throw new Refusal("invalid", { field: "file" });
  return plain(carried);
}

const FILE_PROBLEMS = ["not-a-statement", "statement-empty", "statement-too-long", "too-large", "unreadable"] as const;

/** The form again, with a sentence at the field that was wrong. */
export function formAfter(voice: Voice, typed: Typed, refusal: Refusal): FormState {
  const { field, values } = refusal.options;
  const problem = FILE_PROBLEMS.find((code) => code === refusal.code);
  if (typed["form"] === "file" && problem !== undefined)
    return { typed, wrong: { file: voice.say(`problem.${problem}`, values) } };
  if (refusal.code !== "invalid" || field === undefined) return refusedForm(voice, typed, refusal);
  const sentence =
    field === "file"
      ? voice.say("statements.nofile")
      : voice.say(field === "day" ? "problem.day" : ["holding", "to", "other"].includes(field) ? "problem.holding" : "problem.choose"); // prettier-ignore
  // The page names the other holding alike, whichever way the money went.
  const shownAt = typed["act"] === "begin" && ["holding", "to"].includes(field) ? "other" : field;
  return { typed, wrong: shownAt === "day" ? { "": sentence } : { [shownAt]: sentence } };
}
