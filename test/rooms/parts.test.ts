import { Selections } from "../../src/disbursements/selection.service.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { bookGift } from "../support/builders.js";
import { ask, openFund, payEverybody, startCommonpot, until, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(180_000);

let pot: Commonpot;
let fund: Fund;
let made = 0;

beforeAll(async () => {
  pot = await startCommonpot({ worker: false });
});
afterAll(() => pot.close());

beforeEach(async () => {
  fund = await openFund(pot, `rent-in-parts-${++made}`, {
    leastPart: 10_000n,
    publication: { clock: "ten-seconds", k: 3 },
  });
});

const all = async (sql: string, values: unknown[] = []): Promise<any[]> =>
  (await (await pot.db.as("owner")).query(sql, values)).rows;
const select = () => pot.database.atomically((tx) => pot.app.get(Selections).run(tx, fund));
const given = (amount: bigint) => bookGift(pot.database, fund, amount, `gift-${made}-${amount}-${Math.random()}`);
const claim = (code: string) => ({ authorization: `Claim ${code}`, "content-type": "application/json" });
const standing = async (code: string): Promise<any> =>
  (await pot.app.inject({ url: "/api/v1/request", headers: claim(code) })).json();
const act = (code: string, path: string, body: object = {}) =>
  pot.app.inject({
    method: "POST",
    url: `/api/v1/request/${path}`,
    headers: claim(code),
    payload: JSON.stringify(body),
  });
const page = async (code: string, fields: object = {}, lang = "en"): Promise<{ status: number; html: string }> => {
  const answer = await pot.app.inject({
    method: "POST",
    url: `/${fund.slug}/status?lang=${lang}`,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    payload: new URLSearchParams({ words: code, ...fields }).toString(),
  });
  return { status: answer.statusCode, html: answer.body };
};
const counts = async (): Promise<{ paid: string; confirmed: string }> =>
  (await all("select paid, confirmed from queue where fund_id = $1", [fund.fundId]))[0];
/** The pot covers 200.00 of the 500.00 that the first in line asked for, and it is sent. */
async function partIsSent(): Promise<string> {
  const code = await ask(pot, fund.slug, 50_000);
  await given(20_000n);
  expect(await select()).toBe(1);
  await payEverybody(pot, fund);
  return code;
}

test("the next in line gets what there is, and the rest keeps their place before those who asked later", async () => {
  const code = await ask(pot, fund.slug, 50_000);
  const later = await ask(pot, fund.slug, 5000);
  await given(20_000n);
  await select();
  expect(await all("select amount::int as amount from disbursement where fund_id = $1", [fund.fundId])).toEqual([
    { amount: 20_000 },
  ]);
  const ana = await payEverybody(pot, fund);
  expect(await standing(code)).toMatchObject({
    state: "part paid",
    open: 30_000,
    receipt: { amount: 20_000 },
    place: { from: expect.any(String) },
  });
  expect((await page(code)).html).toMatch(/\$200\.00 is sent\. The other \$300\.00 stays in line at your old place/);
  expect((await page(code, {}, "es")).html).toContain("Ya se enviaron");
  expect((await page(code, {}, "ar")).html).toContain("مكانك نفسه");

  // Too little for a part worth sending, though it would cover the one who asked later.
  await given(9000n);
  expect(await select()).toBe(0);
  await given(31_000n);
  await select();
  const rest = await all("select amount::int as amount from disbursement where fund_id = $1 and state = 'proposed' order by amount desc", [fund.fundId]); // prettier-ignore
  expect(rest).toEqual([{ amount: 30_000 }, { amount: 5000 }]);
  await payEverybody(pot, fund);
  const whole = await standing(code);
  expect(whole).toMatchObject({ state: "paid", receipt: { amount: 30_000 } });
  expect(whole.receipts.map((r: { amount: number }) => r.amount)).toEqual([20_000, 30_000]);
  expect(whole.open).toBeUndefined();
  expect(await standing(later)).toMatchObject({ state: "paid" });
  expect(await ana.page("desk")).toContain("Sent, not confirmed yet");
});

test("each part is confirmed by itself, and the counts follow", async () => {
  const code = await partIsSent();
  expect((await act(code, "confirmations", { outcome: "received" })).statusCode).toBe(201);
  expect((await act(code, "confirmations", { outcome: "received", part: 1 })).statusCode).toBe(201);
  expect((await act(code, "confirmations", { outcome: "received", part: 2 })).statusCode).toBe(409);
  expect((await act(code, "confirmations", { outcome: "received", part: 0 })).statusCode).toBe(422);
  expect(await counts()).toEqual({ paid: "1", confirmed: "1" });
  await given(30_000n);
  await select();
  const ana = await payEverybody(pot, fund);
  expect(await counts()).toEqual({ paid: "2", confirmed: "1" });
  expect((await page(code, { act: "confirmations", part: "2", outcome: "other-amount", arrived2: "x" })).status).toBe(
    422,
  );
  const said = await page(code, { act: "confirmations", part: "2", outcome: "other-amount", arrived2: "290" });
  expect([said.status, said.html]).toEqual([200, expect.stringContaining("another amount arrived")]);
  expect(await ana.page("desk")).toContain("$290.00");
  await page(code, { act: "confirmations", part: "2", outcome: "received" });
  expect(await counts()).toEqual({ paid: "2", confirmed: "2" });
});

test("whoever has enough says so: the rest goes to the next in line, also when it was chosen already", async () => {
  const code = await partIsSent();
  const next = await ask(pot, fund.slug, 25_000);
  await given(30_000n);
  await select();
  expect((await standing(code)).state).toBe("chosen");
  expect((await page(code)).html).toContain("That’s enough, I don’t need the rest");
  expect((await act(code, "withdrawal")).json()).toEqual({ state: "paid" });
  expect((await act(code, "withdrawal")).json()).toEqual({ state: "paid" });
  await select();
  expect(await standing(next)).toMatchObject({ state: "chosen" });
  const ended = await page(code);
  expect(ended.html).toContain("the request has ended there: the other $300.00 is not sent any more");
  expect((await act(code, "confirmations", { outcome: "received" })).statusCode).toBe(201);
  expect((await act(code, "erasure")).statusCode).toBe(200);
  expect(await all("select from sent_part where fund_id = $1", [fund.fundId])).toEqual([]);
});

test("no less can be asked for than was sent, and more than that is what stays open", async () => {
  const code = await partIsSent();
  const refused = await page(code, { act: "changes", newAmount: "200" });
  expect([refused.status, refused.html]).toEqual([422, expect.stringContaining("$200.00 of it was sent already")]);
  expect((await act(code, "changes", { amount: 20_000 })).statusCode).toBe(422);
  expect((await act(code, "changes", { amount: 25_000 })).json()).toEqual({ state: "part paid" });
  await given(50_000n);
  await select();
  await payEverybody(pot, fund);
  expect(await standing(code)).toMatchObject({ state: "paid", receipt: { amount: 5000 } });
});

test("what one person gets in parts is never more than the cap, nor the week more than its envelope, also after erasure", async () => {
  fund = await openFund(pot, `envelope-in-parts-${made}`, {
    leastPart: 10_000n,
    capPerRequest: 50_000n,
    envelopePerWeek: 60_000n,
  });
  const first = await ask(pot, fund.slug, 50_000);
  const second = await ask(pot, fund.slug, 50_000);
  await given(200_000n);
  await select();
  await payEverybody(pot, fund);
  expect(await standing(first)).toMatchObject({ state: "paid" });
  expect(await standing(second)).toMatchObject({ state: "part paid", receipt: { amount: 10_000 } });
  await act(first, "erasure");
  expect(await select()).toBe(0);
});

test("every part has its own proof in the public books", async () => {
  const code = await partIsSent();
  for (let i = 0; i < 3; i++) await ask(pot, fund.slug, 1000);
  for (let i = 0; i < 3; i++) await given(20_000n);
  await select();
  await payEverybody(pot, fund);
  await pot.startWorker();
  const proof = (part: string) => pot.app.inject({ url: `/api/v1/request/proof${part}`, headers: claim(code) });
  await until("both are published", async () => (await proof("?part=1")).statusCode === 200, 60);
  const files = [(await proof("?part=1")).json(), (await proof("?part=2")).json(), (await proof("")).json()];
  expect(files.map((f) => f.details.amount)).toEqual([20_000, 30_000, 30_000]);
  expect(JSON.stringify(files[2])).toBe(JSON.stringify(files[1]));
  expect((await proof("?part=x")).statusCode).toBe(422);
});

describe("the database itself", () => {
  const asApp = async (sql: string): Promise<unknown> => (await pot.db.as("app")).query(sql);

  test("counts what was sent, and lets nobody rewrite it", async () => {
    await partIsSent();
    expect(await all("select sent::int as sent from aid_request where fund_id = $1", [fund.fundId])).toEqual([{ sent: 20_000 }]); // prettier-ignore
    await expect(asApp("update sent_part set amount = 1")).rejects.toThrow("permission denied");
    await expect(asApp("delete from sent_part")).rejects.toThrow("permission denied");
  });

  test("without its trigger, a part would not count and the rest would be sent again", async () => {
    const owner = await pot.db.as("owner");
    await owner.query("alter table sent_part disable trigger sent_part_counts");
    try {
      const code = await partIsSent();
      expect((await standing(code)).open).toBe(50_000);
    } finally {
      await owner.query("alter table sent_part enable always trigger sent_part_counts");
    }
  });
});
