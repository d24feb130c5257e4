import type {
  Entry,
  ImportedEntry,
  ImportSource,
  MoneyKind,
  SingleEntry,
  StatementEntry,
} from "../../publication/entry.js";
import { plainAmount } from "./about.js";

/** What one item of a batch is, and what several are. */
const ITEMS: Readonly<Record<MoneyKind, readonly [one: string, several: string]>> = {
  gifts: ["gift", "gifts"],
  dues: ["payment of dues", "payments of dues"],
  levies: ["levy", "levies"],
  available: ["gift released by Stripe", "gifts released by Stripe"],
  refunds: ["refund", "refunds"],
  dispute: ["chargeback opened, won or lost", "chargebacks opened, won or lost"],
  bank: ["payment from Stripe to the bank", "payments from Stripe to the bank"],
  fees: ["fee", "fees"],
  import: ["imported line", "imported lines"],
  payouts: ["payout", "payouts"],
  reimbursements: ["reimbursement", "reimbursements"],
  deposits: ["bail posted", "bails posted"],
  "deposits-closed": ["bail returned, applied or forfeited", "bails returned, applied or forfeited"],
  moved: ["move between holdings", "moves between holdings"],
  correction: ["correction", "corrections"],
};

/**
 * An entry in one line of plain English: "5 gifts, 150.00 USD together". The files have one language, so that two people who compare them
 * see the same bytes; it holds no line break, semicolon, quotation mark or vertical bar, which are syntax in some of them.
 */
export function sentenceOf(entry: Entry, currency: string): string {
  const money = (amount: number): string => `${plainAmount(amount, currency)} ${currency.toUpperCase()}`;
  switch (entry.kind) {
    case "genesis":
      return "The fund began";
    case "charter":
      return `The charter, version ${entry.version}`;
    case "roster":
      return `Who may sign, version ${entry.version}`;
    case "change":
      return "Treasurers decided on the rules or the seats";
    case "draw":
      return `A lottery of ${entry.tickets} tickets was announced`;
    case "drawn":
      return `A lottery of ${entry.tickets.length} tickets was drawn`;
    case "key":
      return entry.state === "added" ? "A key of these books was added" : "A key of these books was retired";
    case "approval":
      return "A treasurer's signature";
    case "queue":
      return `The line: ${count(entry.asked)} asked, ${count(entry.waiting)} waiting, ${money(entry.held)} promised${entry.outOfTurn === undefined ? "" : `, ${entry.outOfTurn} out of turn`}`;
    case "confirmations":
      return `${entry.confirmed} of ${entry.paid} payouts confirmed by the person`;
    case "statement":
      return countedOf(entry, money);
    case "imported":
      return movedInOf(entry, money);
    case "transfer":
    case "opening":
      return singleOf(entry, money);
    default: {
      const [one, several] = ITEMS[entry.kind];
      const items = `${entry.count} ${entry.count === 1 ? one : several}`;
      return entry.postings.length > 0 ? `${items}, ${money(entry.sum)} together` : items;
    }
  }
}

/** Null stands for a number that is too small to be published. */
const count = (n: number | null): string => (n === null ? "too few to say" : String(n));

function singleOf(entry: SingleEntry, money: (amount: number) => string): string {
  const moved = money(entry.postings.reduce((sum, p) => sum + (p.amount > 0 ? p.amount : 0), 0));
  if (entry.kind === "opening") return `Brought along at the start, ${moved}`;
  const touches = (account: string): boolean => entry.postings.some((p) => p.account === account);
  if (touches("expenses:transfers")) return `To a sister fund, ${moved}`;
  return touches("income:transfers") ? `From a sister fund, ${moved}` : `Between sister funds, ${moved}`;
}

const FROM: Readonly<Record<ImportSource, string>> = { "open-collective": "Open Collective", csv: "another ledger" };

function movedInOf(entry: ImportedEntry, money: (amount: number) => string): string {
  const moved = `Moved in from ${FROM[entry.source]}: ${entry.booked} lines of ${entry.from} to ${entry.to}, ${money(entry.sum)} together`;
  return entry.stated === null ? moved : `${moved}, the file's own balance differing by ${money(entry.difference)}`;
}

function countedOf(entry: StatementEntry, money: (amount: number) => string): string {
  const counted = `${entry.counted} of ${entry.holdings} holdings counted in ${entry.month}`;
  return `${counted}, differing from the book by ${money(entry.difference)}`;
}
