import { canonicalJson, type Json } from "../kernel/canonical-json.js";
import { isDay } from "../kernel/clock.js";
import { isId } from "../kernel/ids.js";
import { TICKETS_MAX } from "./draw.js";
import {
  BREAK_REASONS,
  ENTRY_KINDS,
  IMPORT_SOURCES,
  MONEY_KINDS,
  type Entry,
  type EntryKind,
  type ImportedEntry,
  type MoneyEntry,
  type MoneyKind,
  type PublicPosting,
  type SingleEntry,
} from "./entry.js";

export const COMMITMENTS_MAX = 256;
/** Bytes. Those that carry lists may be larger. */
const ENTRY_BYTES_MAX = 2048;
const LIST_BYTES_MAX = 32_768;
const WITH_LISTS: ReadonlySet<string> = new Set(["genesis", "roster", "change", "drawn", "approval", ...MONEY_KINDS]);

type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, Check>>;

const matches =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === "string" && pattern.test(value);
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const listOf =
  (check: Check, max: number, min = 0): Check =>
  (value) =>
    Array.isArray(value) && value.length >= min && value.length <= max && value.every(check);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

const amount: Check = (value) => Number.isSafeInteger(value);
const count: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const positive: Check = (value) => count(value) && value !== 0;
const flag: Check = (value) => typeof value === "boolean";
const hash = matches(/^[0-9a-f]{64}$/);
const base64url = matches(/^[A-Za-z0-9_-]{1,4096}$/);
const id: Check = (value) => typeof value === "string" && isId(value);
const day: Check = (value) => typeof value === "string" && isDay(value);
const currency = matches(/^[a-z]{3}$/);
/** The public chart: one account for all that is settled, and the families of income and expense. */
const account = matches(
  /^(assets:(holdings|stripe:pending|deposits|disputed)|income:(gifts|gifts:monthly|transfers|dues|levies)|expenses:(aid:[a-z][a-z-]{1,15}|fees:(stripe|rail|host|tax)|chargebacks|deposits:(forfeited|court-fees)|reimbursements|transfers)|equity:opening|suspense)$/,
);
const origin = matches(/^https?:\/\/[a-z0-9.-]+(:\d{1,5})?$/);

function objectOf(fields: Fields): Check {
  return (value) => typeof value === "object" && value !== null && fieldFault(value, fields) === null;
}

/** The first field that is missing, unknown or not what it should be; a name that ends in "?" may be left out. */
function fieldFault(value: object, fields: Fields): string | null {
  const known = new Set(Object.keys(fields).map((name) => name.replace("?", "")));
  const unknown = Object.keys(value).find((name) => !known.has(name));
  if (unknown !== undefined) return unknown;
  for (const [name, check] of Object.entries(fields)) {
    const given = (value as Record<string, unknown>)[name.replace("?", "")];
    if (given === undefined ? !name.endsWith("?") : !check(given)) return name.replace("?", "");
  }
  return null;
}

const postings = (min: number): Check => listOf(objectOf({ account, amount: (v) => amount(v) && v !== 0 }), 40, min);
const assertion = objectOf({
  credential: base64url,
  authenticatorData: base64url,
  clientData: base64url,
  signature: base64url,
});
/** Canonical JSON of one of the statements (docs/architecture.md, approvals); its own fields are checked where it is read. */
const statement = matches(/^\{"[ -~]{1,24000}\}$/);
const signed = objectOf({ treasurer: id, statement, assertion });
const roster = objectOf({
  v: oneOf(1),
  quorum: positive,
  origins: listOf(origin, 8, 1),
  seats: listOf(
    objectOf({
      treasurer: id,
      recipient: matches(/^age1[a-z0-9]{58}$/),
      keys: listOf(objectOf({ credential: base64url, publicKey: base64url }), 8, 1),
    }),
    40,
    1,
  ),
});
const batch: Fields = {
  count: positive,
  sum: amount,
  postings: postings(0),
  commitments: listOf(hash, COMMITMENTS_MAX, 1),
};

const FIELDS: Readonly<Record<EntryKind, Fields>> = {
  genesis: {
    fund: id,
    slug: matches(/^[a-z][a-z0-9-]{2,39}$/),
    practice: flag,
    template: matches(/^[a-z]{3,12}$/),
    currency,
    charter: hash,
    roster: hash,
    signatures: listOf(signed, 40, 1),
  },
  charter: {
    version: positive,
    hash,
    currency,
    quorum: positive,
    k: positive,
    clock: oneOf("ten-seconds", "hour", "day", "week", "month", "quarter"),
    approvals: oneOf("published", "sealed"),
  },
  roster: { version: positive, roster },
  change: { signatures: listOf(signed, 40, 1) },
  draw: { draw: id, tickets: positive, list: hash, secrets: listOf(objectOf({ treasurer: id, hash }), 2, 2) },
  drawn: { draw: id, secrets: listOf(hash, 2, 2), tickets: listOf(matches(/^[0-9a-f]{32}$/), TICKETS_MAX, 1) },
  key: { vkey: matches(/^[^\s+]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/), state: oneOf("added", "retired") },
  approval: { "treasurer?": id, "statement?": statement, "assertion?": assertion, "digest?": hash },
  ...(Object.fromEntries(MONEY_KINDS.map((kind) => [kind, batch])) as Record<MoneyKind, Fields>),
  payouts: { ...batch, "approvals?": listOf(count, COMMITMENTS_MAX) },
  transfer: { postings: postings(2), transfer: id },
  opening: { postings: postings(2) },
  queue: { asked: orNull(count), waiting: orNull(count), held: count, "outOfTurn?": positive },
  confirmations: { paid: count, confirmed: count },
  imported: {
    source: oneOf(...IMPORT_SOURCES),
    file: orNull(hash),
    rows: count,
    empty: count,
    booked: positive,
    from: day,
    to: day,
    sum: amount,
    stated: orNull(amount),
    difference: amount,
    breaks: objectOf(Object.fromEntries(BREAK_REASONS.map((why) => [why, count]))),
  },
  statement: { month: matches(/^\d{4}-(0[1-9]|1[0-2])$/), holdings: count, counted: count, difference: amount },
};

/** Why something is no entry of the log, in plain words, or null. */
export function entryFault(entry: unknown): string | null {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return "it is no object";
  const { kind } = entry as { kind?: unknown };
  if (!ENTRY_KINDS.includes(kind as EntryKind)) return "its kind is none of those that exist";
  const field = fieldFault(entry, { v: oneOf(1), kind: oneOf(kind), day, ...FIELDS[kind as EntryKind] });
  if (field !== null) return `its field "${field.slice(0, 40)}" is not what it may be`;
  return meaningFault(entry as Entry);
}

function meaningFault(entry: Entry): string | null {
  if (entry.kind === "approval") {
    const whole = entry.treasurer !== undefined && entry.statement !== undefined && entry.assertion !== undefined;
    const sealed = entry.treasurer === undefined && entry.statement === undefined && entry.assertion === undefined;
    return (entry.digest === undefined ? whole : sealed) ? null : "an approval is published whole, or as a hash";
  }
  if (entry.kind === "imported") return importedFault(entry);
  if (entry.kind === "drawn") return strictlySorted(entry.tickets) ? null : "its tickets are not sorted";
  if (!isMoney(entry)) return null;
  if (entry.postings.reduce((sum, p) => sum + p.amount, 0) !== 0) return "its postings do not add up to zero";
  if (!strictlySorted(entry.postings.map((p) => p.account))) return "its accounts are not sorted";
  if (!("count" in entry)) return null;
  if (entry.commitments.length !== entry.count) return "it has not one commitment for each item";
  if (!strictlySorted(entry.commitments)) return "its commitments are not sorted";
  return sumOf(entry.kind, entry.postings) === entry.sum ? null : "its sum is not that of its postings";
}

function importedFault(entry: ImportedEntry): string | null {
  if (entry.from > entry.to) return "its period ends before it begins";
  if (entry.empty > entry.rows) return "more of its rows move no money than there are";
  const silent = entry.difference === 0 && BREAK_REASONS.every((why) => entry.breaks[why] === 0);
  return entry.stated !== null || silent ? null : "it compares a balance that the file does not state";
}

const strictlySorted = (texts: readonly string[]): boolean =>
  texts.every((text, i) => i === 0 || (texts[i - 1] ?? "") < text);

export function isMoney(entry: Entry): entry is MoneyEntry | SingleEntry {
  return "postings" in entry;
}

/** The side of the postings that a reader means by "how much": income or expense where there is one, else what was moved. */
export function sumOf(kind: MoneyKind, all: readonly PublicPosting[]): number {
  const total = (of: (account: string) => boolean): number =>
    all.filter((p) => of(p.account)).reduce((sum, p) => sum + p.amount, 0);
  const income = (a: string): boolean => a.startsWith("income:");
  switch (kind) {
    case "gifts":
    case "dues":
    case "levies":
      return -total(income);
    case "refunds":
      return total(income);
    case "payouts":
      return total((a) => a.startsWith("expenses:aid:"));
    case "import":
      return total((a) => a === "assets:holdings");
    default:
      return all.reduce((sum, p) => sum + (p.amount > 0 ? p.amount : 0), 0);
  }
}

const utf8 = new TextEncoder();
const text = new TextDecoder("utf-8", { fatal: true });

/** The exact bytes of an entry. Throws a RangeError for what is no entry, or is too large to be one. */
export function encodeEntry(entry: Entry): Uint8Array {
  const fault = entryFault(entry);
  if (fault !== null) throw new RangeError(`this is no entry of the log: ${fault}`);
  const bytes = utf8.encode(canonicalJson(entry as unknown as Json));
  if (bytes.length > bytesMax(entry.kind)) throw new RangeError("this entry is too large");
  return bytes;
}

/** Reads an entry's bytes; a string says why they are none. Bytes that are not canonical JSON are none: every value has one spelling. */
export function decodeEntry(bytes: Uint8Array): Entry | string {
  try {
    const spelled = text.decode(bytes);
    const entry = JSON.parse(spelled) as Json;
    const fault = entryFault(entry);
    if (fault !== null) return fault;
    if (canonicalJson(entry) !== spelled) return "it is not canonical JSON (RFC 8785)";
    return bytes.length <= bytesMax((entry as unknown as Entry).kind) ? (entry as unknown as Entry) : "it is too large";
  } catch {
    return "it is no JSON";
  }
}

const bytesMax = (kind: EntryKind): number => (WITH_LISTS.has(kind) ? LIST_BYTES_MAX : ENTRY_BYTES_MAX);
