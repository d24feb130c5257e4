/**
 * Mappings to begin with. They were written by hand from what their makers publish, in November 2026, and never from anybody's export: look at the first lines of
 * your own file, and try with --dry-run. `commonpot import csv <file> --map hcb` takes one as it stands.
 */
export const EXAMPLES: Readonly<Record<string, object>> = {
  /**
   * HCB's export of transactions (the columns stand in its public source, hackclub/hcb, app/models/export/event/transactions/csv.rb). It names no ids. The categories
   * are HCB's own list (db/data/transaction_categories.json there); most rows have none, and go by in and out. Fees that HCB takes are rows of their own. The money is with
   * the fiscal sponsor.
   */
  hcb: {
    source: "hcb",
    currency: "usd",
    columns: { day: "date", amount: "amount", kind: "category_slug" },
    dayFormat: "YYYY-MM-DD",
    holding: "assets:sponsor",
    accounts: {
      "donations": "income:gifts",
      "internal-transfer": "income:transfers",
      "fiscal-sponsorship-fees": "expenses:fees:host",
      "stripe-service-fees": "expenses:fees:stripe",
      "stripe-fee-reimbursements": "expenses:fees:stripe",
      "bank-fees": "expenses:fees:rail",
      "wise-fees": "expenses:fees:rail",
      "other-fees": "expenses:fees:rail",
      "+": "income:gifts",
      "-": "expenses:aid:other",
    },
  },
  /**
   * Givebutter's transactions. The names are those of its documented transaction (docs.givebutter.com, "The transaction object"); the columns of a CSV that is saved
   * from its dashboard can be called otherwise. `fee` is the whole fee, and `amount` less `fee` is what it pays out. Who gave is not read.
   */
  givebutter: {
    source: "givebutter",
    currency: "usd",
    columns: { id: "id", day: "transacted_at", amount: "amount", fee: "fee", kind: "status", currency: "currency" },
    dayFormat: "YYYY-MM-DD",
    fees: "expenses:fees:rail",
    accounts: { succeeded: "income:gifts", authorized: null, failed: null, cancelled: null },
    skip: { refunded: ["true", "TRUE", "1", "yes", "Yes"] },
  },
  /** A sheet that somebody keeps by hand: Date, In, Out, What. */
  spreadsheet: {
    source: "spreadsheet",
    currency: "usd",
    columns: { day: "Date", in: "In", out: "Out", kind: "What" },
    dayFormat: "MM/DD/YYYY",
    accounts: {
      "Gift": "income:gifts",
      "Dues": "income:dues",
      "Help": "expenses:aid:other",
      "Paid back": "expenses:reimbursements",
      "Fee": "expenses:fees:rail",
      "Brought along": "equity:opening",
    },
  },
}; // prettier-ignore
