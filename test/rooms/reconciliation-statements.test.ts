import { audit } from "../../src/cli/audit/run.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { newToken } from "../../src/kernel/ids.js";
import { stripePaidBank } from "../../src/ledger/flows/card.js";
import { Journal } from "../../src/ledger/journal.service.js";
import { guardsAreAwake } from "../../src/platform/database/start-guards.js";
import type { PersonAtDesk } from "../../src/sandbox/person-at-desk.js";
import { bookGift } from "../support/builders.js";
import { openFund, person, startCommonpot, type Commonpot } from "../support/commonpot.js";
import { codeOf } from "../support/outcomes.js";

jest.setTimeout(180_000);

let pot: Commonpot;
let fund: Fund;
let made = 0;
let ana: PersonAtDesk;
let ben: PersonAtDesk;
const journal = new Journal();

beforeAll(async () => {
  pot = await startCommonpot({ worker: false });
});
afterAll(async () => {
  const findings = await pot.database.atomically((tx) => audit(tx));
  const { reported } = pot;
  await pot.close();
  expect(findings.filter((f) => f.violations > 0)).toEqual([]);
  expect(reported).toEqual([]);
});
beforeEach(async () => {
  fund = await openFund(pot, `statements-${++made}`);
  [ana, ben] = [await person(pot, fund.slug, "Ana"), await person(pot, fund.slug, "Ben")];
});

const all = async (sql: string, values: unknown[] = []): Promise<any[]> =>
  (await (await pot.db.as("owner")).query(sql, values)).rows;

/** Bank of America's way of writing. Ada and Zoë are nowhere but in here. */
const STATEMENT = `Date,Description,Amount,Running Bal.
11/02/2026,"Zelle from ADA QUILLFEATHER",40.00,40.00
11/03/2026,"STRIPE TRANSFER ST-XQ77",97.00,137.00
11/04/2026,"Check 1012 ZOË VANDERHOOF",-15.00,122.00
11/04/2026,"Cash deposit",20.00,142.00
11/04/2026,"Cash deposit",20.00,162.00
`;
const NAMES = /QUILLFEATHER|VANDERHOOF|XQ77|Zelle|Cash deposit/i;

interface Answer {
  readonly statusCode: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

const cookieOf = (who: PersonAtDesk | null): object => (who === null ? {} : { cookie: (who as unknown as { cookie: string }).cookie }); // prettier-ignore

async function send(
  who: PersonAtDesk | null,
  path: string,
  payload: string | Buffer,
  type: string,
  more: object = {},
): Promise<Answer> {
  return pot.app.inject({
    method: "POST",
    url: `/${fund.slug}/desk/${path}`,
    headers: { "content-type": type, "sec-fetch-site": "same-origin", accept: "text/html", ...cookieOf(who), ...more },
    payload,
  });
}

/** A form with a file, as a browser without script sends it. */
async function sendFile(
  who: PersonAtDesk | null,
  fields: Readonly<Record<string, string>>,
  file?: string | Buffer,
  path = "statements/files",
): Promise<Answer> {
  const part = (head: string, body: string | Buffer): Buffer => Buffer.concat([Buffer.from(`--edge\r\n${head}\r\n\r\n`), Buffer.from(body), Buffer.from("\r\n")]); // prettier-ignore
  const parts = Object.entries(fields).map(([name, value]) =>
    part(`content-disposition: form-data; name="${name}"`, value),
  );
  parts.push(
    part(
      `content-disposition: form-data; name="file"; filename="${file === undefined ? "" : "november.csv"}"\r\ncontent-type: text/csv`,
      file ?? "",
    ),
  );
  const payload = Buffer.concat([...parts, Buffer.from("--edge--\r\n")]);
  return send(who, path, payload, "multipart/form-data; boundary=edge");
}

const act = (who: PersonAtDesk | null, fields: Readonly<Record<string, string>>): Promise<Answer> =>
  send(who, "statements", new URLSearchParams({ holding: "assets:bank", key: newToken(), ...fields }).toString(), "application/x-www-form-urlencoded"); // prettier-ignore

async function look(who: PersonAtDesk | null, holding = "assets:bank"): Promise<Answer> {
  const url = `/${fund.slug}/desk/statements?holding=${holding}`;
  return pot.app.inject({ method: "GET", url, headers: { accept: "text/html", ...cookieOf(who) } });
}

const unescaped = (text: string): string =>
  text.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&amp;", "&");
/** Where a select stands on a page: what was chosen, or what it shows first. */
function chosen(html: string, name: string): string {
  const select = new RegExp(`<select[^>]*name="${name}"[^>]*>(.*?)</select>`, "s").exec(html)?.[1] ?? "";
  const options = select.match(/<option[^>]*>/g) ?? [];
  const option = options.find((o) => o.includes(" selected")) ?? options[0] ?? "";
  return /value="([^"]*)"/.exec(option)?.[1] ?? "";
}
const FIELDS = ["day", "order", "amount", "moneyIn", "moneyOut", "sign", "decimal", "balance", "status", "currency", "delimiter"]; // prettier-ignore

/** The preview's form as it stands. */
function formOf(html: string): Record<string, string> {
  const hidden = (name: string): string => unescaped(new RegExp(`name="${name}" value="([^"]*)"`, "s").exec(html)?.[1] ?? ""); // prettier-ignore
  return {
    ...Object.fromEntries(["holding", "content", "seen", "key"].map((name) => [name, hidden(name)])),
    ...Object.fromEntries(FIELDS.map((name) => [name, chosen(html, name)])),
  };
}

async function preview(text: string, holding = "assets:bank"): Promise<Record<string, string>> {
  const answer = await sendFile(ana, { holding, act: "read" }, text);
  expect(answer.statusCode).toBe(200);
  return formOf(answer.body);
}

/** Uploads, and keeps what is shown. Returns the number of new lines and of those that were here before. */
async function keep(text = STATEMENT, holding = "assets:bank"): Promise<string> {
  const answer = await sendFile(ana, { ...(await preview(text, holding)), act: "keep" });
  expect(answer.statusCode).toBe(303);
  return /done=kept:(\d+:\d+)/.exec(String(answer.headers["location"]))?.[1] ?? String(answer.headers["location"]);
}

const lines = (): Promise<any[]> =>
  all("select line_id as id, file_line as line, day::text, amount::int, left_by from statement_line where fund_id = $1 order by file_line", [fund.fundId]); // prettier-ignore
const lineAt = async (n: number): Promise<string> => (await lines()).find((l) => l.line === n).id;
const matches = (): Promise<any[]> =>
  all("select l.file_line as line, m.seq::int, m.undone_by is null as stands from statement_match m join statement_line l using (fund_id, line_id) where m.fund_id = $1 order by 1, m.undone_day nulls last, m.part", [fund.fundId]); // prettier-ignore

async function enter(body: object): Promise<number> {
  const { id } = await ana.post<{ id: string }>("hand-entries", { holding: "assets:bank", ...body });
  return (await ben.post<{ seq: number }>(`hand-entries/${id}/confirmations`, {})).seq;
}
async function stripePaid(amount: bigint, day: string, id = "po_1"): Promise<number> {
  await bookGift(pot.database, fund, amount, `for-${id}`);
  const posted = await pot.database.atomically((tx) => journal.post(tx, fund.fundId, stripePaidBank({ payoutId: id, day, amount }), new Date())); // prettier-ignore
  return Number(posted.seq);
}

describe("a statement", () => {
  test("is shown as it was read, with what it says of people, and nothing of it is kept", async () => {
    const answer = await sendFile(ana, { holding: "assets:bank", act: "read" }, STATEMENT);
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain("ADA QUILLFEATHER");
    expect(answer.body).toContain("4 Nov 2026");
    expect(answer.headers["cache-control"]).toMatch(/no-store/);
    expect(await lines()).toEqual([]);
    expect(await all("select from statement_source where fund_id = $1", [fund.fundId])).toEqual([]);
  });

  test("is kept as days and sums when somebody has seen how it was read", async () => {
    expect(await keep()).toBe("5:0");
    expect((await lines()).map((l) => `${l.line} ${l.day} ${l.amount}`)).toEqual([
      "2 2026-11-02 4000", "3 2026-11-03 9700", "4 2026-11-04 -1500", "5 2026-11-04 2000", "6 2026-11-04 2000",
    ]); // prettier-ignore
  });

  test("that is read in another way than was seen is shown once more, and not kept", async () => {
    const form = await preview(STATEMENT);
    const answer = await sendFile(ana, { ...form, order: "dmy", act: "keep" });
    expect(answer.body).toContain("You changed how it is read");
    expect(answer.body).toContain("11 Apr 2026");
    expect(await lines()).toEqual([]);
    expect((await sendFile(ana, { ...formOf(answer.body), act: "keep" })).statusCode).toBe(303);
    expect((await lines())[0]).toMatchObject({ day: "2026-02-11" });
  });

  test("whose days could be in two months is asked about, and the answer is remembered for that holding alone", async () => {
    const text = "When,What,Amount\n03/04/2026,ADA QUILLFEATHER,5.00\n";
    const asked = await sendFile(ana, { holding: "assets:bank", act: "read" }, text);
    expect(asked.body).toContain("we don’t guess");
    expect(asked.body).not.toContain('value="keep"');
    const still = await sendFile(ana, { ...formOf(asked.body), act: "keep" });
    expect([still.statusCode, await lines()]).toEqual([422, []]);
    expect(still.body).toMatch(/id="order-wrong"/);
    const told = await sendFile(ana, { ...formOf(asked.body), order: "dmy", act: "again" });
    expect((await sendFile(ana, { ...formOf(told.body), act: "keep" })).statusCode).toBe(303);
    expect((await lines())[0].day).toBe("2026-04-03");
    const next = await sendFile(ana, { holding: "assets:bank", act: "read" }, text.replace("03/04", "05/04"));
    expect(next.body).toContain("read as last time");
    expect(next.body).toContain("5 Apr 2026");
    const other = await sendFile(ana, { holding: "assets:sponsor", act: "read" }, text);
    expect(other.body).toContain("we don’t guess");
    // Columns of other names are another kind of file: what was remembered is not forced onto them.
    const changed = await sendFile(ana, { holding: "assets:bank", act: "read" }, text.replace("When", "Day"));
    expect(changed.body).toContain("we don’t guess");
  });

  test("can be pasted, and cut by another delimiter", async () => {
    const pasted = "Date\tText\tAmount\n2026-11-04\tADA QUILLFEATHER\t5.00\n";
    const answer = await sendFile(ana, { holding: "assets:bank", act: "read", pasted });
    expect(answer.body).toContain("+$5.00");
    const cut = await sendFile(ana, { ...formOf(answer.body), delimiter: "semicolon", act: "again" });
    expect(cut.statusCode).toBe(422);
    expect(cut.body).toContain("ADA QUILLFEATHER");
  });

  test("that comes again, longer, adds only what is new; two equal lines stay two", async () => {
    expect(await keep()).toBe("5:0");
    expect(await keep()).toBe("0:5");
    const longer = `${STATEMENT.replace(/.*Check.*\n/, "")}11/04/2026,"Cash deposit",20.00,162.00\n11/06/2026,"Card fee",-1.00,161.00\n`;
    // Two of the three equal lines differ from the first ones in nothing; the third is new.
    expect(await keep(longer)).toBe("2:4");
    expect((await lines()).filter((l) => l.amount === 2000)).toHaveLength(3);
  });

  test("of five thousand lines is shown, kept and laid beside the book, and its page stays short", async () => {
    const cheque = await enter({ what: "gift", amount: 4000, day: "2026-11-02" });
    const many = Array.from({ length: 5000 }, (_, i) => `11/${String(2 + (i % 14)).padStart(2, "0")}/2026,"Gift of person ${i} with a name that is rather long, and a note, and a number",${i === 0 ? "40.00" : "20.00"},1.00`); // prettier-ignore
    expect(await keep(`Date,Description,Amount,Running Bal.\n${many.join("\n")}\n`)).toBe("5000:0");
    const page = (await look(ana)).body;
    expect(page).toContain(`value="${cheque}"`);
    expect(page).toContain("4,999 lines are left over");
    expect(page.length).toBeLessThan(200_000);
  });

  test("that two people keep at once is kept once", async () => {
    const forms = await Promise.all(Array.from({ length: 6 }, () => preview(STATEMENT)));
    const answers = await Promise.all(
      forms.map((form, i) => sendFile(i % 2 === 0 ? ana : ben, { ...form, act: "keep" })),
    );
    expect(answers.map((a) => a.statusCode)).toEqual(Array(6).fill(303));
    expect(await lines()).toHaveLength(5);
  });

  test("shows its end beside the book, and the difference", async () => {
    await enter({ what: "gift", amount: 4000, day: "2026-11-02" });
    await keep();
    expect((await look(ana)).body).toMatch(/statement says.*\$162\.00.*book says.*\$40\.00.*Difference.*\+\$122\.00/s);
  });

  test("that was the wrong one goes again, with its lines, but not while one of them is matched", async () => {
    const seq = await enter({ what: "gift", amount: 4000, day: "2026-11-02" });
    await keep();
    const [{ id }] = await all("select statement_id as id from statement where fund_id = $1", [fund.fundId]);
    const line = await lineAt(2);
    await act(ana, { act: "match", [`yes-${line}`]: "on", [`is-${line}`]: String(seq) });
    expect((await act(ben, { act: "take-away", file: id })).statusCode).toBe(409);
    expect(await lines()).toHaveLength(5);
    await act(ben, { act: "undo", line });
    expect((await act(ben, { act: "take-away", file: id })).statusCode).toBe(303);
    expect(await lines()).toEqual([]);
    expect(await keep()).toBe("5:0");
  });
});

describe("what a statement says of people", () => {
  test("is in no column of the database, in no log, and on no page but the one that it was sent for", async () => {
    await enter({ what: "gift", amount: 4000, day: "2026-11-02" });
    await keep();
    await keep(STATEMENT.replaceAll("2026", "2025"));
    const line = await lineAt(4).catch(async () => (await lines())[2].id);
    await act(ana, { act: "begin", line, what: "fee" });
    await sendFile(ana, { holding: "assets:bank", act: "read" }, "QUILLFEATHER");
    await sendFile(ana, { holding: "assets:bank", act: "read" }, `${STATEMENT}11/09/2026,VANDERHOOF,lots,1.00\n`);
    for (const holding of ["assets:bank", "assets:sponsor"]) expect((await look(ana, holding)).body).not.toMatch(NAMES);
    expect(pot.reported.join("\n")).not.toMatch(NAMES);
    // The search finds what is there: a treasurer's name in letters, and what is binary by its bytes.
    expect(await tablesWith(/\bBen\b/)).toContain("treasurer");
    await all("insert into statement_source (fund_id, account_no, line_key) select fund_id, account_no, rpad('canary', 32)::bytea from account where fund_id = $1 and code = 'assets:sponsor'", [fund.fundId]); // prettier-ignore
    expect(await tablesWith(/canary/)).toEqual(["statement_source"]);
    expect(await tablesWith(NAMES)).toEqual([]);
  });

  /** Every table of every schema, row by row, in letters and in bytes. */
  async function tablesWith(pattern: RegExp): Promise<string[]> {
    const tables = await all("select table_schema as s, table_name as t from information_schema.tables where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')"); // prettier-ignore
    expect(tables.length).toBeGreaterThan(40);
    const superuser = await pot.db.as("superuser");
    const found: string[] = [];
    for (const { s, t } of tables) {
      const { rows } = await superuser.query(`select x::text as everything from "${s}"."${t}" x`);
      if (rows.some((r) => pattern.test(r.everything) || pattern.test(bytesIn(r.everything)))) found.push(t);
    }
    return found;
  }

  /** What stands in the binary columns of a row, as letters. */
  const bytesIn = (text: string): string =>
    [...text.matchAll(/\\\\x([0-9a-f]+)|\\x([0-9a-f]+)/g)].map((m) => Buffer.from(m[1] ?? m[2] ?? "", "hex").toString("utf8")).join(" "); // prettier-ignore

  test("cannot be told from its mark without the key, which only the web process reads", async () => {
    await keep();
    expect(await codeOf((await pot.db.as("worker")).query("select line_key from statement_source"))).toBe("42501");
    const marks = await all("select encode(mark, 'hex') as mark from statement_line where fund_id = $1", [fund.fundId]);
    fund = await openFund(pot, `statements-${++made}`);
    ana = await person(pot, fund.slug, "Ana");
    await keep();
    const others = await all("select encode(mark, 'hex') as mark from statement_line where fund_id = $1", [fund.fundId]); // prettier-ignore
    expect(others.filter((o) => marks.some((m) => m.mark === o.mark))).toEqual([]);
  });
});

describe("a line is matched", () => {
  test("to a hand entry and to what Stripe paid, when somebody says so and not before", async () => {
    const gift = await enter({ what: "gift", amount: 4000, day: "2026-11-01" });
    const payout = await stripePaid(9700n, "2026-11-03");
    await keep();
    const page = (await look(ana)).body;
    expect(await matches()).toEqual([]);
    expect(page).toMatch(/Probably these.*A gift|Probably these.*gift/is);
    const [first, second] = [await lineAt(2), await lineAt(3)];
    expect(page).toContain(`name="is-${first}" value="${gift}"`);
    expect(page).toContain(`name="is-${second}" value="${payout}"`);
    // Looking at it again and again matches nothing.
    await look(ben);
    expect(await matches()).toEqual([]);
    const said = { [`yes-${first}`]: "on", [`is-${first}`]: String(gift), [`is-${second}`]: String(payout) };
    expect((await act(ana, { act: "match", ...said })).statusCode).toBe(303);
    expect(await matches()).toEqual([{ line: 2, seq: gift, stands: true }]);
    await act(ben, { act: "match", [`yes-${second}`]: "on", [`is-${second}`]: String(payout) });
    expect(await matches()).toHaveLength(2);
    expect((await look(ana)).body).toMatch(/2 lines matched.*matched by Ben.*matched by Ana/s);
  });

  test("to several hand entries of one day that add up to it", async () => {
    const cheques = [await enter({ what: "gift", amount: 1500, day: "2026-11-01" }), await enter({ what: "dues", amount: 2500, day: "2026-11-01" })]; // prettier-ignore
    await keep();
    const line = await lineAt(2);
    expect((await look(ana)).body).toContain(`name="is-${line}" value="${cheques.join("-")}"`);
    await act(ana, { act: "match", [`yes-${line}`]: "on", [`is-${line}`]: cheques.join("-") });
    expect((await matches()).map((m) => m.seq)).toEqual(cheques);
  });

  test("only where it is somebody's choice when several fit", async () => {
    const gifts = [await enter({ what: "gift", amount: 2000, day: "2026-11-04" }), await enter({ what: "gift", amount: 2000, day: "2026-11-04" })]; // prettier-ignore
    await keep();
    const page = (await look(ana)).body;
    expect(page.match(/Several fit/g)).toHaveLength(2);
    expect(page).not.toMatch(/type="checkbox" name="yes-[^>]*checked/);
    const [five, six] = [await lineAt(5), await lineAt(6)];
    const twice = { [`yes-${five}`]: "on", [`is-${five}`]: String(gifts[0]), [`yes-${six}`]: "on", [`is-${six}`]: String(gifts[0]) }; // prettier-ignore
    expect((await act(ana, { act: "match", ...twice })).statusCode).toBe(409);
    expect(await matches()).toEqual([]);
    expect((await act(ana, { act: "match", ...twice, [`is-${six}`]: String(gifts[1]) })).statusCode).toBe(303);
    expect(await matches()).toHaveLength(2);
  });

  test("never to another sum, another account, nothing, or what is matched; and is undone", async () => {
    const gift = await enter({ what: "gift", amount: 4000, day: "2026-11-01" });
    const elsewhere = await enter({ what: "gift", amount: 4000, day: "2026-11-01", holding: "assets:sponsor" });
    await keep();
    const [two, five] = [await lineAt(2), await lineAt(5)];
    const status = async (line: string, seqs: string): Promise<number> =>
      (await act(ana, { act: "match", [`yes-${line}`]: "on", [`is-${line}`]: seqs })).statusCode;
    expect([await status(five, String(gift)), await status(two, String(elsewhere)), await status(two, "999"), await status(two, "x"), await status(two, `${gift}-${elsewhere}`)]).toEqual(Array(5).fill(409)); // prettier-ignore
    expect((await act(ana, { act: "match" })).statusCode).toBe(422);
    expect(await status(two, String(gift))).toBe(303);
    expect(await status(two, String(gift))).toBe(409);
    expect((await act(ben, { act: "leave", [`leave-${two}`]: "on" })).statusCode).toBe(409);
    expect((await act(ben, { act: "undo", line: two })).statusCode).toBe(303);
    expect((await act(ben, { act: "undo", line: two })).statusCode).toBe(409);
    expect(await status(two, String(gift))).toBe(303);
    expect((await matches()).map((m) => m.stands)).toEqual([false, true]);
  });

  test("says so when the entry is undone as a mistake", async () => {
    const gift = await enter({ what: "gift", amount: 4000, day: "2026-11-02" });
    await keep();
    const line = await lineAt(2);
    await act(ana, { act: "match", [`yes-${line}`]: "on", [`is-${line}`]: String(gift) });
    const { id } = await ana.post<{ id: string }>("reversals", { seq: gift, reason: "did-not-happen" });
    await ben.post(`hand-entries/${id}/confirmations`, {});
    expect((await look(ana)).body).toContain("undone as a mistake");
    await act(ana, { act: "undo", line });
    expect((await look(ana)).body).not.toMatch(new RegExp(`is-${line}`));
  });
});

describe("what is left over", () => {
  test("is entered by hand from its line, and is matched when another treasurer says yes", async () => {
    await keep();
    const line = await lineAt(2);
    expect((await act(ana, { act: "begin", line, what: "gift", other: "" })).statusCode).toBe(303);
    const [{ id, amount, day }] = await all("select entry_id as id, amount::int, day::text from hand_entry where fund_id = $1", [fund.fundId]); // prettier-ignore
    expect({ amount, day }).toEqual({ amount: 4000, day: "2026-11-02" });
    expect((await look(ana)).body).toMatch(/Waiting for a second yes/);
    expect((await act(ben, { act: "begin", line, what: "gift" })).statusCode).toBe(409);
    const { seq } = await ben.post<{ seq: number }>(`hand-entries/${id}/confirmations`, {});
    const page = (await look(ana)).body;
    expect(page).toMatch(/One line matched/);
    expect(page).toContain(`No. ${seq}`);
    // Nor can another line be the same entry.
    await keep(`${STATEMENT.split("\n", 1)[0]}\n11/03/2026,"Zelle from ADA QUILLFEATHER",40.00,80.00\n`);
    const again = (await lines()).find((l) => l.day === "2026-11-03" && l.amount === 4000).id;
    expect((await act(ana, { act: "match", [`yes-${again}`]: "on", [`is-${again}`]: String(seq) })).statusCode).toBe(409); // prettier-ignore
  });

  test("is open again when the entry is taken back, here or among the holdings", async () => {
    await keep();
    const line = await lineAt(4);
    await act(ana, { act: "begin", line, what: "fee" });
    await act(ana, { act: "undo", line });
    expect(await all("select state from hand_entry where fund_id = $1", [fund.fundId])).toEqual([{ state: "taken-back" }]); // prettier-ignore
    await act(ana, { act: "begin", line, what: "refund" });
    const [{ id }] = await all("select entry_id as id from hand_entry where fund_id = $1 and state = 'waiting'", [fund.fundId]); // prettier-ignore
    await ben.post(`hand-entries/${id}/withdrawal`, {});
    expect((await act(ana, { act: "begin", line, what: "fee" })).statusCode).toBe(303);
  });

  test("can have moved to or from another holding, and is refused with its field where it cannot be so", async () => {
    await keep();
    const [two, four] = [await lineAt(2), await lineAt(4)];
    for (const other of ["", "assets:bank", "assets:nowhere", "assets:stripe"]) {
      const answer = await act(ana, { act: "begin", line: two, what: "moved", other });
      expect(`${other} ${answer.statusCode}`).toBe(`${other} 422`);
      expect(answer.body).toMatch(/id="other-wrong"/);
    }
    expect((await act(ana, { act: "begin", line: two, what: "fee" })).statusCode).toBe(422);
    expect((await act(ana, { act: "begin", line: four, what: "gift" })).statusCode).toBe(422);
    expect((await act(ana, { act: "begin", line: two, what: "moved", other: "assets:cash:box" })).statusCode).toBe(303);
    expect((await act(ana, { act: "begin", line: four, what: "moved", other: "assets:cash:box" })).statusCode).toBe(303); // prettier-ignore
    expect(await all("select content -> 'postings' as p from hand_entry where fund_id = $1 order by amount", [fund.fundId])).toEqual([
      { p: [{ account: "assets:cash:box", amount: 1500 }, { account: "assets:bank", amount: -1500 }] },
      { p: [{ account: "assets:bank", amount: 4000 }, { account: "assets:cash:box", amount: -4000 }] },
    ]); // prettier-ignore
  });

  test("is left alone, and taken up again", async () => {
    const gift = await enter({ what: "gift", amount: 2000, day: "2026-11-04" });
    await keep();
    const [five, six] = [await lineAt(5), await lineAt(6)];
    await act(ana, { act: "leave", [`leave-${five}`]: "on", [`leave-${six}`]: "on" });
    expect((await look(ana)).body.match(/Take it up again/g)).toHaveLength(2);
    expect((await act(ana, { act: "match", [`yes-${five}`]: "on", [`is-${five}`]: String(gift) })).statusCode).toBe(409); // prettier-ignore
    expect((await act(ben, { act: "take-up", line: five })).statusCode).toBe(303);
    expect((await act(ben, { act: "take-up", line: five })).statusCode).toBe(409);
    expect((await act(ana, { act: "match", [`yes-${five}`]: "on", [`is-${five}`]: String(gift) })).statusCode).toBe(303); // prettier-ignore
  });

  test("shows the other way round: what the book has on the file's days and no line speaks of", async () => {
    await enter({ what: "gift", amount: 7777, day: "2026-11-03" });
    await enter({ what: "gift", amount: 8888, day: "2026-10-20" });
    await keep();
    const unspoken = /id="unspoken".*?<\/section>/s.exec((await look(ana)).body)?.[0] ?? "";
    expect(unspoken).toContain("$77.77");
    expect(unspoken).not.toContain("$88.88");
  });

  test("shows what has the same sum further away, and can be said to be it", async () => {
    const cheque = await enter({ what: "gift", amount: 4000, day: "2026-10-10" });
    await keep();
    const line = await lineAt(2);
    expect((await look(ana)).body).toContain("The same sum, further away");
    await act(ana, { act: "match", [`yes-${line}`]: "on", [`is-${line}`]: String(cheque) });
    expect(await matches()).toEqual([{ line: 2, seq: cheque, stands: true }]);
  });
});

describe("the doors", () => {
  test("are shut to whoever has not signed in, to other sites, and to treasurers of other funds", async () => {
    await keep();
    const line = await lineAt(2);
    const [{ id: file }] = await all("select statement_id as id from statement where fund_id = $1", [fund.fundId]);
    expect((await look(null)).statusCode).toBe(303);
    expect((await act(null, { act: "leave", [`leave-${line}`]: "on" })).statusCode).toBe(401);
    expect((await sendFile(null, { holding: "assets:bank", act: "read" }, STATEMENT)).statusCode).toBe(401);
    const from = await send(ana, "statements", `act=leave&leave-${line}=on`, "application/x-www-form-urlencoded", { "sec-fetch-site": "cross-site" }); // prettier-ignore
    expect(from.statusCode).toBe(403);
    fund = await openFund(pot, `statements-${++made}`);
    expect((await act(ana, { act: "leave", [`leave-${line}`]: "on" })).statusCode).toBe(401);
    const eve = await person(pot, fund.slug, "Ana");
    expect((await look(eve)).body).not.toContain(line);
    const attempts: Record<string, string>[] = [
      { act: "leave", [`leave-${line}`]: "on" },
      { act: "begin", line, what: "gift" },
      { act: "undo", line },
      { act: "take-up", line },
    ];
    for (const fields of attempts) expect((await act(eve, fields)).statusCode).toBe(409);
    await act(eve, { act: "take-away", file });
    expect(await all("select from statement_line where line_id = $1 and left_by is null", [line])).toHaveLength(1);
  });

  test.each([
    ["a picture", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2]), "can’t read this as a table"],
    ["a letter", "Dear treasurers,\nthank you.\n", "no line with a day and a sum"],
    ["no file at all", undefined, "Choose a file"],
    ["5,001 lines", `Date,Amount\n${"2026-11-04,5.00\n".repeat(5001)}`, "more than 5,000 lines"],
    ["more than a megabyte", "x".repeat(1024 * 1024 + 1), "too long"],
  ])("refuse %s, say it at the field, and lose nothing", async (_what, file, sentence) => {
    await keep();
    const answer = await sendFile(ana, { holding: "assets:sponsor", act: "read" }, file);
    expect([413, 422]).toContain(answer.statusCode);
    expect(/id="file-wrong">([^<]*)</.exec(answer.body)?.[1]).toContain(sentence);
    if (answer.statusCode !== 413) expect(chosen(answer.body, "holding")).toBe("assets:sponsor");
    expect(await lines()).toHaveLength(5);
  });

  test("name each line that cannot be read, and keep none of the file", async () => {
    const broken = STATEMENT.replace("11/03/2026", "11/33/2026").replace(",20.00,142", ",twenty,142");
    const form = await preview(broken);
    // The days alone do not tell their order any more; a person does.
    const answer = await sendFile(ana, { ...form, order: "mdy", act: "again" });
    expect(answer.body).toContain("Line 3: we can’t read the day");
    expect(answer.body).toContain("Line 5: we can’t read the sum");
    expect((await sendFile(ana, { ...formOf(answer.body), act: "keep" })).statusCode).toBe(200);
    expect(await lines()).toEqual([]);
  });

  test("what was pasted stays when it is refused, and a holding that has no statements is refused", async () => {
    const pasted = await sendFile(ana, { holding: "assets:bank", act: "read", pasted: "no statement <at all>" });
    expect(pasted.body).toContain("no statement &lt;at all>");
    for (const holding of ["assets:stripe", "assets:cash:box", "income:gifts", "assets:nowhere", ""])
      expect((await sendFile(ana, { holding, act: "read" }, STATEMENT)).statusCode).toBe(422);
  });

  test("of all other routes take no file, and this one no more than it says", async () => {
    for (const path of ["statements", "holdings"])
      expect((await sendFile(ana, {}, STATEMENT, path)).statusCode).toBe(415);
    const api = await pot.app.inject({ method: "POST", url: `/api/v1/funds/${fund.slug}/donations`, headers: { "content-type": "multipart/form-data; boundary=edge" }, payload: "--edge--" }); // prettier-ignore
    expect(api.statusCode).toBe(415);
    expect((await sendFile(ana, { holding: "assets:bank", pasted: "x".repeat(5 * 1024 * 1024) })).statusCode).toBe(413);
    expect((await send(ana, "statements/files", "act=read", "application/x-www-form-urlencoded")).statusCode).toBe(415);
    const two = '--edge\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n'.repeat(2);
    expect((await send(ana, "statements/files", `${two}--edge--\r\n`, "multipart/form-data; boundary=edge")).statusCode).toBe(413); // prettier-ignore
    expect((await send(ana, "statements/files", "--edge\r\nnonsense", "multipart/form-data; boundary=edge")).statusCode).toBe(400); // prettier-ignore
  });
});

describe("the database itself", () => {
  /** One match of two lines' making, past the program. */
  async function insert(line: string, seqs: readonly number[], role: "app" | "owner" = "app"): Promise<string> {
    const db = await pot.db.as(role);
    const [{ id }] = await all("select treasurer_id as id from treasurer where fund_id = $1 limit 1", [fund.fundId]);
    return codeOf(db.query(`insert into statement_match (fund_id, match_id, part, line_id, account_no, seq, matched_by, matched_day)
      select $1, gen_random_uuid(), u.part, l.line_id, l.account_no, u.seq, $3, '2026-11-05' from statement_line l cross join (select $5::uuid as m) x
      cross join unnest($4::bigint[]) with ordinality as u (seq, part) where l.line_id = $2`.replace("gen_random_uuid()", "x.m"), [fund.fundId, line, id, seqs, crypto.randomUUID()])); // prettier-ignore
  }

  test("refuses what does not add up, what is left alone, and what is matched already; without its guard it would not", async () => {
    const gift = await enter({ what: "gift", amount: 4000, day: "2026-11-02" });
    const elsewhere = await enter({ what: "gift", amount: 4000, day: "2026-11-02", holding: "assets:sponsor" });
    await keep();
    const [two, five] = [await lineAt(2), await lineAt(5)];
    expect(await insert(five, [gift])).toBe("CP409");
    expect(await insert(two, [elsewhere])).toBe("CP409");
    expect(await insert(two, [gift, elsewhere])).toBe("CP409");
    await act(ana, { act: "leave", [`leave-${two}`]: "on" });
    expect(await insert(two, [gift])).toBe("CP409");
    await act(ana, { act: "take-up", line: two });
    expect(await insert(two, [gift])).toBe("done");
    expect(await insert(two, [gift])).toMatch(/CP409|23505/);
    await all("alter table statement_match disable trigger statement_match_adds_up");
    expect(await insert(five, [elsewhere])).toBe("done");
    // A line is matched once, by its index.
    expect(await insert(two, [await enter({ what: "gift", amount: 1, day: "2026-11-02" })])).toBe("23505");
    await all("alter table statement_match enable always trigger statement_match_adds_up");
    const app = await pot.db.as("app");
    await app.query("update statement_match set undone_by = matched_by, undone_day = matched_day where fund_id = $1 and undone_by is null", [fund.fundId]); // prettier-ignore
  });

  test("keeps a transaction to one line of an account by its index, when the guard is off", async () => {
    const gift = await enter({ what: "gift", amount: 2000, day: "2026-11-04" });
    await keep();
    await all("alter table statement_match disable trigger statement_match_adds_up");
    expect(await insert(await lineAt(5), [gift])).toBe("done");
    expect(await insert(await lineAt(6), [gift])).toBe("23505");
    await all("drop index statement_match_seq");
    expect(await insert(await lineAt(6), [gift])).toBe("done");
    await all("delete from statement_match where false");
    await all("update statement_match set undone_by = matched_by, undone_day = matched_day where fund_id = $1 and undone_by is null", [fund.fundId]); // prettier-ignore
    await all("create unique index statement_match_seq on statement_match (fund_id, account_no, seq) where undone_by is null and seq is not null"); // prettier-ignore
    await all("alter table statement_match enable always trigger statement_match_adds_up");
  });

  test("changes no line and no match, and drops none that stands; without its guards it would", async () => {
    const gift = await enter({ what: "gift", amount: 4000, day: "2026-11-02" });
    await keep();
    const two = await lineAt(2);
    const line = (set: string): Promise<string> => codeOf(all(`update statement_line set ${set} where line_id = $1`, [two])); // prettier-ignore
    const match = (set: string): Promise<string> => codeOf(all(`update statement_match set ${set} where line_id = $1`, [two])); // prettier-ignore
    expect([await line("amount = 1"), await line("day = day + 1"), await line("nth = 2")]).toEqual(Array(3).fill("CP001")); // prettier-ignore
    await insert(two, [gift]);
    const leave = "left_by = (select treasurer_id from treasurer t where t.fund_id = statement_line.fund_id limit 1)";
    expect(await line(leave)).toBe("CP409");
    expect(await codeOf(all("delete from statement_line where line_id = $1", [two]))).toMatch(/CP409/);
    expect([await match("seq = seq + 1"), await match("matched_day = '2026-01-01'")]).toEqual(["CP001", "CP001"]);
    expect(await codeOf(all("delete from statement_match where line_id = $1", [two]))).toBe("CP001");
    const undo = "undone_by = matched_by, undone_day = matched_day";
    expect([await match(undo), await match(undo), await match("undone_by = null, undone_day = null")]).toEqual(["done", "CP001", "CP001"]); // prettier-ignore
    await all("alter table statement_match disable trigger statement_match_guard");
    await all("alter table statement_line disable trigger statement_line_guard");
    await expect(guardsAreAwake(pot.db.urls.app)).rejects.toThrow(/statement_(line|match)_guard/);
    expect([await match("matched_day = '2026-01-01'"), await line("nth = 2"), await line(leave)]).toEqual(Array(3).fill("done")); // prettier-ignore
    await all("alter table statement_match enable always trigger statement_match_guard");
    await all("alter table statement_line enable always trigger statement_line_guard");
    await guardsAreAwake(pot.db.urls.app);
  });

  test("keeps a line of a file once, by its mark and its place among equal ones", async () => {
    await keep();
    const again = "insert into statement_line (fund_id, line_id, statement_id, account_no, file_line, day, amount, mark, nth) select fund_id, gen_random_uuid(), statement_id, account_no, 99, day, amount, mark, nth + $2 from statement_line where line_id = $1"; // prettier-ignore
    const two = await lineAt(2);
    expect(await codeOf(all(again, [two, 0]))).toBe("23505");
    expect(await codeOf(all(again, [two, 1]))).toBe("done");
  });

  test("lets the program write what it needs and the worker nothing", async () => {
    await keep();
    const [app, worker] = [await pot.db.as("app"), await pot.db.as("worker")];
    expect(await codeOf(app.query("update statement_line set amount = 1"))).toBe("42501");
    expect(await codeOf(app.query("update statement_match set seq = 1"))).toBe("42501");
    expect(await codeOf(app.query("update statement_source set line_key = line_key"))).toBe("42501");
    for (const table of ["statement", "statement_line", "statement_match", "statement_source"])
      expect(await codeOf(worker.query(`delete from ${table}`))).toBe("42501");
  });
});
