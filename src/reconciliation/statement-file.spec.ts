import fc from "fast-check";
import { AMOUNT_MAX, decimalString } from "../kernel/money.js";
import { Refusal } from "../kernel/refusal.js";
import { amountOf, dayOf, decimalOf, orderOf } from "./cells.js";
import { guessMapping } from "./guess.js";
import { decode, gapsOf, plain, readLines, tableOf, LINES_MAX, type Mapping, type Reading } from "./statement-file.js";

// The samples are written by hand from what each source publishes about its export (names of columns, order, signs), with invented people: none is a real statement.
const CHASE = `Details,Posting Date,Description,Amount,Type,Balance,Check or Slip #
DEBIT,03/04/2026,"ZELLE TO RIVERA, JO 1234",-45.00,QUICKPAY_DEBIT,1155.00,,
CREDIT,03/03/2026,"STRIPE TRANSFER ST-A1",200.00,ACH_CREDIT,1200.00,,
CHECK,03/02/2026,CHECK 101,-1000.00,CHECK_PAID,1000.00,101,
`;
const BANK_OF_AMERICA = `Description,,Summary Amt.
Beginning balance as of 03/01/2026,,"5,000.00"
Total credits,,"1,200.00"
Total debits,,"-700.50"
Ending balance as of 03/31/2026,,"5,499.50"

Date,Description,Amount,Running Bal.
03/01/2026,Beginning balance as of 03/01/2026,,"5,000.00"
03/02/2026,"Mobile deposit","1,200.00","6,200.00"
03/05/2026,"Landlord, Elm St","-700.50","5,499.50"
`;
const WELLS_FARGO = `"03/04/2026","-45.00","*","","ZELLE TO RIVERA JO"
"03/03/2026","200.00","*","","STRIPE TRANSFER"
"03/02/2026","-1000.00","*","101","CHECK # 101"
`;
const VENMO = `Account Statement - (@Elm-Street) ,,,,,,,,,,,,,,,,,,,,,
Account Activity,,,,,,,,,,,,,,,,,,,,,
,ID,Datetime,Type,Status,Note,From,To,Amount (total),Amount (tip),Amount (tax),Amount (fee),Tax Rate,Tax Exempt,Funding Source,Destination,Beginning Balance,Ending Balance,Statement Period Venmo Fees,Terminal Location,Year to Date Venmo Fees,Disclaimer
,,,,,,,,,,,,,,,,$100.00,,,,,
,3412345678901234567,2026-03-05T18:46:28,Payment,Complete,for the pot,Sam Ortiz,Elm Street,"+ $1,020.00",,0,,0,,,Venmo balance,,,,Venmo,,
,3412345678901234568,2026-03-06T08:00:00,Charge,Pending,soon,Kim Lee,Elm Street,+ $5.00,,0,,0,,,Venmo balance,,,,Venmo,,
,3412345678901234569,2026-03-06T09:00:00,Payment,Complete,groceries,Elm Street,Kim Lee,- $20.00,,0,,0,,Venmo balance,,,,,Venmo,,
,,,,,,,,,,,,,,,,,"$1,100.00",$0.00,,$0.00,"In case of errors or questions
about your transfers, write to us."
`;
const CASH_APP = `"Transaction ID","Date","Transaction Type","Currency","Amount","Fee","Net Amount","Asset Type","Asset Price","Asset Amount","Status","Notes","Name of sender/receiver","Account"
"a1","2026-03-04 12:04:05 CST","Received P2P","USD","$20.00","-$0.50","$19.50","","","","COMPLETE","rent","Sam Ortiz","Your Cash"
"a2","2026-03-05 12:04:05 CST","Sent P2P","USD","-$7.00","$0.00","-$7.00","","","","FAILED","","Kim Lee","Your Cash"
`;
const PAYPAL = `"Date","Time","TimeZone","Name","Type","Status","Currency","Gross","Fee","Net","From Email Address","To Email Address","Transaction ID","Balance"
"03/13/2026","10:00:00","PST","Sam Ortiz","Donation Payment","Completed","USD","25.00","-1.03","23.97","sam@example.org","pot@example.org","X1","123.97"
"03/14/2026","10:00:00","PST","Kim Lee","Donation Payment","Completed","EUR","9.00","-0.50","8.50","kim@example.org","pot@example.org","X2","8.50"
`;
const WISE = `"TransferWise ID",Date,"Date Time",Amount,Currency,Description,"Payment Reference","Running Balance"
TRANSFER-1,04-03-2026,"04-03-2026 10:11:12.123",-15.50,USD,"Sent money to Kim Lee",,84.50
TRANSFER-2,03-03-2026,"03-03-2026 10:11:12.123",100.00,USD,"Received money from Sam Ortiz",,100.00
`;
const N26 = `"Booking Date","Value Date","Partner Name","Partner Iban",Type,"Payment Reference","Account Name","Amount (EUR)","Original Amount","Original Currency","Exchange Rate"
2026-03-04,2026-03-04,"Sam Ortiz",DE00123,"Credit Transfer","Spende","Hauptkonto",12.5,,,
2026-03-05,2026-03-05,"Vermieter",DE00124,"Debit Transfer","Miete","Hauptkonto",-640.0,,,
`;
const SPARKASSE = `"Auftragskonto";"Buchungstag";"Valutadatum";"Buchungstext";"Verwendungszweck";"Glaeubiger ID";"Mandatsreferenz";"Kundenreferenz (End-to-End)";"Sammlerreferenz";"Lastschrift Ursprungsbetrag";"Auslagenersatz Ruecklastschrift";"Beguenstigter/Zahlungspflichtiger";"Kontonummer/IBAN";"BIC (SWIFT-Code)";"Betrag";"Waehrung";"Info"
"DE001";"05.03.26";"05.03.26";"GUTSCHR. UEBERWEISUNG";"Spende für den Topf";"";"";"";"";"";"";"Jörg Müller";"DE002";"XXX";"1.250,00";"EUR";"Umsatz gebucht"
"DE001";"06.03.26";"06.03.26";"FOLGELASTSCHRIFT";"Strom";"";"";"";"";"";"";"Stadtwerke";"DE003";"XXX";"-80,55";"EUR";"Umsatz vorgemerkt"
"DE001";"04.03.26";"04.03.26";"UEBERWEISUNG";"Miete";"";"";"";"";"";"";"Vermieterin";"DE004";"XXX";"-640,00";"EUR";"Umsatz gebucht"
`;

const read = (text: string, currency = "usd", change: Partial<Mapping> = {}): Reading => {
  const table = tableOf(plain(text));
  return readLines(table, { ...guessMapping(table), ...change }, currency);
};
const short = (reading: Reading) => reading.lines.map((l) => `${l.line} ${l.day} ${l.amount} ${l.balance ?? "-"}`);
const refused = (act: () => unknown): string => {
  try {
    act();
    return "read";
  } catch (error) {
    return error instanceof Refusal ? `${error.code} ${JSON.stringify(error.options)}` : String(error);
  }
};

describe("the exports of", () => {
  test.each([
    ["Chase", CHASE, "usd", ["2 2026-03-04 -4500 115500", "3 2026-03-03 20000 120000", "4 2026-03-02 -100000 100000"]],
    ["Bank of America", BANK_OF_AMERICA, "usd", ["9 2026-03-02 120000 620000", "10 2026-03-05 -70050 549950"]],
    ["Wells Fargo, which names no columns", WELLS_FARGO, "usd", ["1 2026-03-04 -4500 -", "2 2026-03-03 20000 -", "3 2026-03-02 -100000 -"]],
    ["Venmo", VENMO, "usd", ["5 2026-03-05 102000 -", "7 2026-03-06 -2000 -"]],
    ["Cash App", CASH_APP, "usd", ["2 2026-03-04 1950 -"]],
    ["PayPal", PAYPAL, "usd", ["2 2026-03-13 2397 12397"]],
    ["Wise", WISE, "usd", ["2 2026-03-04 -1550 8450", "3 2026-03-03 10000 10000"]],
    ["N26", N26, "eur", ["2 2026-03-04 1250 -", "3 2026-03-05 -64000 -"]],
    ["a Sparkasse", SPARKASSE, "eur", ["2 2026-03-05 125000 -", "4 2026-03-04 -64000 -"]],
  ])("%s are read without a question", (_name, text, currency, expected) => {
    const table = tableOf(plain(text));
    expect(gapsOf(guessMapping(table))).toEqual([]);
    const reading = read(text, currency);
    expect(reading.faults).toEqual([]);
    expect(short(reading)).toEqual(expected);
  }); // prettier-ignore

  test("wallets leave out what is not final, what is in other money, and what has no sum, and say how many", () => {
    expect(read(VENMO).leftOut).toEqual({ empty: 2, unfinished: 1, otherMoney: 0 });
    expect(read(CASH_APP).leftOut).toEqual({ empty: 0, unfinished: 1, otherMoney: 0 });
    expect(read(PAYPAL).leftOut).toEqual({ empty: 0, unfinished: 0, otherMoney: 1 });
    expect(read(SPARKASSE, "eur").leftOut).toEqual({ empty: 0, unfinished: 1, otherMoney: 0 });
  });

  test("banks end with a balance, whichever way the days run", () => {
    expect(read(CHASE).closing).toEqual({ day: "2026-03-04", balance: 115500n });
    expect(read(BANK_OF_AMERICA).closing).toEqual({ day: "2026-03-05", balance: 549950n });
    const upAndDown = (lines: string[]) => `Date,Amount,Balance\n${lines.join("\n")}\n`;
    const oneDay = ["2026-03-04,10.00,10.00", "2026-03-04,-3.00,7.00", "2026-03-04,1.00,8.00"];
    expect(read(upAndDown(oneDay)).closing?.balance).toBe(800n);
    expect(read(upAndDown(oneDay.toReversed())).closing?.balance).toBe(800n);
  });

  test("any of them survive a BOM, Latin-1, UTF-16 and line ends of every kind", () => {
    const expected = short(read(SPARKASSE, "eur"));
    const bytes = [
      Buffer.from(`\uFEFF${SPARKASSE}`),
      Buffer.from(SPARKASSE, "latin1"),
      Buffer.from(`\uFEFF${SPARKASSE}`, "utf16le"),
      Buffer.from(SPARKASSE.replaceAll("\n", "\r\n")),
      Buffer.from(SPARKASSE.replaceAll("\n", "\r")),
    ];
    for (const sent of bytes) {
      expect(short(read(decode(sent), "eur"))).toEqual(expected);
      expect(decode(sent)).toContain("Jörg Müller");
    }
  });
});

describe("what is not certain is asked", () => {
  test("days that could be in two months have no order until a person says one", () => {
    const text = "Date,Amount\n03/04/2026,5.00\n05/06/2026,7.00\n";
    const table = tableOf(text);
    expect(gapsOf(guessMapping(table))).toEqual(["order"]);
    expect(read(text, "usd", { order: "mdy" }).lines.map((l) => l.day)).toEqual(["2026-03-04", "2026-05-06"]);
    expect(read(text, "usd", { order: "dmy" }).lines.map((l) => l.day)).toEqual(["2026-04-03", "2026-06-05"]);
    // One day that can be read in one way only tells of all the others.
    expect(guessMapping(tableOf(`${text}05/13/2026,1.00\n`)).order).toBe("mdy");
    expect(guessMapping(tableOf(`${text}13/05/2026,1.00\n`)).order).toBe("dmy");
    // Two of PayPal's languages write the same names and other days.
    expect(gapsOf(guessMapping(tableOf(PAYPAL.replaceAll(/03\/1(\d)/g, "03/0$1"))))).toEqual(["order"]);
  });

  test("sums that could be thousands or parts have no decimal sign until a person says one", () => {
    const table = tableOf("Date;Amount\n2026-03-04;1,234\n2026-03-05;5,678\n");
    expect(gapsOf(guessMapping(table))).toEqual(["decimal"]);
    expect(guessMapping(tableOf("Date;Amount\n2026-03-04;1,234\n2026-03-05;5,67\n")).decimal).toBe(",");
    expect(guessMapping(tableOf("Date;Amount\n2026-03-04;1.234,50\n")).decimal).toBe(",");
    expect(guessMapping(tableOf("Date,Amount\n2026-03-04,12\n")).decimal).toBe(".");
  });

  test("a file in a language that we do not know is asked about, and read when a person says what is what", () => {
    const text = "Päivä;Selite;Summa\n2026-03-04;Kahvi;-3,50\n";
    expect(guessMapping(tableOf(text))).toMatchObject({ day: 0, amount: 2, decimal: "," });
    // What could be a sum or a balance is neither until a person says so, also where one of the sums cannot be read.
    const balances = "Päivä;Summa;Jäljellä\n2026-03-04;-3,50;10,00\n2026-03-05;kaksi;8,00\n";
    expect(guessMapping(tableOf(balances))).toMatchObject({ amount: null, decimal: "," });
    expect(gapsOf(guessMapping(tableOf(balances)))).toEqual(["amount"]);
    const whole = "Päivä;Nro;Selite;Summa\n2026-03-04;7;Kahvi;-3\n";
    expect(gapsOf(guessMapping(tableOf(whole)))).toEqual(["amount"]);
    expect(short(read(whole, "eur", { amount: 3 }))).toEqual(["2 2026-03-04 -300 -"]);
  });
});

describe("sums can stand", () => {
  test("in a column for what came in and one for what went out, with or without a minus", () => {
    const text =
      "Date,Description,Withdrawals,Deposits\n2026-03-04,a,12.00,\n2026-03-05,b,,7.50\n2026-03-06,c,-1.00,\n";
    expect(short(read(text))).toEqual(["2 2026-03-04 -1200 -", "3 2026-03-05 750 -", "4 2026-03-06 -100 -"]);
  });
  test("in one column, with a word for the way they went", () => {
    const text = "Date,Amount,Direction\n2026-03-04,12.00,OUT\n2026-03-05,7.50,IN\n";
    expect(short(read(text))).toEqual(["2 2026-03-04 -1200 -", "3 2026-03-05 750 -"]);
    expect(read(`${text}2026-03-06,1.00,SIDEWAYS\n`, "usd", { sign: 2 }).faults).toEqual([{ line: 4, what: "sign" }]);
  });
  test.each([
    ["-1,234.50", ".", -123450n], ["(1,234.50)", ".", -123450n], ["- $25.00", ".", -2500n], ["$-25.00", ".", -2500n], ["+ $25", ".", 2500n],
    ["25.00-", ".", -2500n], ["25.00 DR", ".", -2500n], ["25.00 CR", ".", 2500n], ["USD 25.00", ".", 2500n], ["−25.00", ".", -2500n],
    ["1.234,50 €", ",", 123450n], ["1'234,50", ",", 123450n], ["1 234,5", ",", 123450n], [".50", ".", 50n], ["0.00", ".", 0n],
    ["1,23,4.5", ".", null], ["12.345", ".", null], ["--5", ".", null], ["(-5.00)", ".", null], ["", ".", null], ["n/a", ".", null], ["1234567890123", ".", null],
  ] as const)("as %s", (cell, decimal, amount) => expect(amountOf(cell, decimal, 2)).toBe(amount)); // prettier-ignore

  test("as anything that a program writes, and come back to the cent", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -AMOUNT_MAX, max: AMOUNT_MAX }), fc.constantFrom(".", ","), (amount, decimal) => {
        const written = new Intl.NumberFormat(decimal === "." ? "en" : "de", { minimumFractionDigits: 2 });
        const text = written.format(decimalString(amount, 2) as Intl.StringNumericLiteral);
        expect(amountOf(text, decimal as "." | ",", 2)).toBe(amount);
      }),
    );
  });
});

describe("days", () => {
  test.each([
    ["2026-03-04", "ymd", "2026-03-04"], ["2026-03-04T23:59:59Z", "ymd", "2026-03-04"], ["2026-03-04 12:04:05 CST", "ymd", "2026-03-04"],
    ["3/4/26", "mdy", "2026-03-04"], ["04.03.2026", "dmy", "2026-03-04"], ["04-03-2026 10:11", "dmy", "2026-03-04"],
    ["02/30/2026", "mdy", null], ["13/01/2026", "mdy", null], ["03-04/2026", "mdy", null], ["March 4", "mdy", null], ["2026-03-04x", "ymd", null],
  ] as const)("%s is read as what it is", (cell, order, day) => expect(dayOf(cell, order)).toBe(day)); // prettier-ignore
  test("with dots between are never read month first", () => expect(orderOf(["03.04.2026"])).toBe("dmy"));
  test("that say the same either way are not asked about", () => expect(orderOf(["03/03/2026"])).toBe("mdy"));
  test("of an empty column have no order", () => expect([orderOf([]), decimalOf([])]).toEqual([null, "."]));
});

describe("a file that cannot be read", () => {
  test("says at which line", () => {
    const text =
      "Date,Amount,Balance\n2026-03-04,5.00,1.00\n2026-02-30,5.00,1.00\n2026-03-04,five,1.00\n2026-03-04,900000000.00,1.00\n2026-03-05,1.00,lots\n,7.00,\n";
    const mapping = { ...guessMapping(tableOf("Date,Amount,Balance\n2026-03-04,5.00,1.00\n")), order: "ymd" as const };
    expect(readLines(tableOf(text), mapping, "usd").faults).toEqual([
      { line: 3, what: "day" }, { line: 4, what: "amount" }, { line: 5, what: "too-much" }, { line: 6, what: "balance" }, { line: 7, what: "day" },
    ]); // prettier-ignore
  });
  test("says so of a line that a comma has shifted, and lets an empty last column be", () => {
    expect(read("Date,Text,Amount\n2026-03-04,Rent, paid,5.00\n2026-03-05,x,1.00,\n").faults).toEqual([
      { line: 2, what: "columns" },
    ]);
  });
  test.each([
    ["a picture", () => decode(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 1, 2)), /^not-a-statement.*"file"/],
    ["a quote that never ends", () => tableOf('Date,Amount\n2026-03-04,"5.00\n2026-03-05,1.00\n'), /^not-a-statement.*"line":\d/],
    ["a letter", () => tableOf("Dear treasurers,\nthank you, all of you.\n"), /^statement-empty/],
    ["nothing", () => tableOf(""), /^statement-empty/],
    ["too many lines", () => tableOf(`Date,Amount\n${"2026-03-04,5.00\n".repeat(LINES_MAX + 1)}`), /^statement-too-long.*5000/],
  ])("such as %s is refused", (_what, act, expected) => expect(refused(act)).toMatch(expected)); // prettier-ignore
  test("has at most so many lines, and so many are read", () => {
    expect(read(`Date,Amount\n${"2026-03-04,5.00\n".repeat(LINES_MAX)}`).lines).toHaveLength(LINES_MAX);
  });
  test("never makes the reader fall over", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from("0129-/.,;\t\n\"$()+ aZ€")) , maxLength: 200 }), (text) => {
        expect(refused(() => { const table = tableOf(plain(text)); readLines(table, guessMapping(table), "usd"); })).toMatch(/^(read|not-a-statement|statement-empty)/);
      }),
    ); // prettier-ignore
  });
});
