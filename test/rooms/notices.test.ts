import { Notices } from "../../src/disbursements/notices/notices.service.js";
import { HOURS_BETWEEN } from "../../src/disbursements/notices/notice.js";
import { ENTITIES } from "../../src/entities.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { HandClock } from "../../src/kernel/clock.js";
import { newToken } from "../../src/kernel/ids.js";
import { Database } from "../../src/platform/database/database.js";
import { ask, openFund, person, startCommonpot, type Commonpot } from "../support/commonpot.js";
import { startSmtp, textOf } from "../support/smtp.js";

jest.setTimeout(120_000);

let smtp: Awaited<ReturnType<typeof startSmtp>>;
let pot: Commonpot;
let fund: Fund;
let worker: Database;
const clock = new HandClock(new Date("2026-11-26T18:00:00Z"));

beforeAll(async () => {
  smtp = await startSmtp();
  pot = await startCommonpot({
    mail: { url: `smtp://127.0.0.1:${smtp.port}`, from: "pot@example.org" },
    mailTimeoutMs: 2000,
    clock,
    worker: false,
  });
  fund = await openFund(pot, "elm-street");
  worker = await Database.connect(pot.db.urls.worker, ENTITIES);
});
afterAll(async () => {
  await worker.close();
  await pot.close();
  await smtp.close();
});

const tell = (): Promise<void> => pot.app.get(Notices).tell(worker, fund);
const hours = (count: number): void => clock.set(new Date(clock.now().getTime() + count * 3_600_000));
/** Everybody's session runs out, as the clock's sweep ends it. */
const allAway = async (): Promise<unknown> => (await pot.db.as("owner")).query("delete from session");
const writes = async (code: string): Promise<unknown> =>
  pot.app.inject({
    method: "POST",
    url: "/api/v1/request/messages",
    headers: { authorization: `Claim ${code}`, "idempotency-key": newToken(), "content-type": "application/json" },
    payload: JSON.stringify({ text: "the landlord of Maria Lopez" }),
  });

test("a treasurer asks for it and gets one letter; nothing more until something waits; then one that says only that", async () => {
  const ana = await person(pot, fund.slug, "Ana");
  expect((await ana.send("desk/notices", { key: newToken(), act: "keep", address: "ana" })).status).toBe(422);
  expect(smtp.got).toHaveLength(0);
  expect((await ana.send("desk/notices?lang=es", { key: newToken(), act: "keep", address: "ana@example.org" })).status).toBe(303); // prettier-ignore
  expect(await ana.page("desk/notices")).toContain("Letters go to ana@example.org");
  expect(smtp.got).toHaveLength(1);
  await allAway();
  await tell();
  expect(smtp.got).toHaveLength(1);

  const code = await ask(pot, fund.slug, 3000);
  await writes(code);
  await tell();
  await tell();
  expect(smtp.got).toHaveLength(2);
  expect(smtp.got[1]!.to).toEqual(["ana@example.org"]);
  expect(smtp.got[1]!.raw).toContain("Subject: Algo espera\r\n");
  const text = textOf(smtp.got[1]!);
  expect(text).toContain(`Algo espera por ti: ${pot.origin}/elm-street/desk`);
  expect(`${text}${smtp.got[1]!.raw}`).not.toMatch(/Maria|landlord|\$30|30[.,]00|Elm Street/);
});

test("not again before they have been at the desk and some hours have passed, and never to somebody who is there", async () => {
  hours(HOURS_BETWEEN * 3);
  await tell();
  expect(smtp.got).toHaveLength(2);
  await person(pot, fund.slug, "Ana");
  await tell();
  expect(smtp.got).toHaveLength(2);
  await allAway();
  await tell();
  await tell();
  expect(smtp.got).toHaveLength(3);
});

test("by night only to whom said so; nothing once the address was taken back", async () => {
  const at = (iso: string): void => clock.set(new Date(iso));
  const ben = await person(pot, fund.slug, "Ben");
  await ben.send("desk/notices", { key: newToken(), act: "keep", address: "ben@example.org" });
  await allAway();
  smtp.got.length = 0;
  at("2026-12-03T23:30:00Z");
  await tell();
  expect(smtp.got).toHaveLength(0);
  const again = await person(pot, fund.slug, "Ben");
  await again.send("desk/notices", { key: newToken(), act: "keep", address: "ben@example.org", nights: "on" });
  smtp.got.length = 0;
  await allAway();
  await tell();
  expect(smtp.got.map((m) => m.to)).toEqual([["ben@example.org"]]);

  const ana = await person(pot, fund.slug, "Ana");
  await ana.send("desk/notices", { key: newToken(), act: "stop" });
  await allAway();
  hours(12);
  smtp.got.length = 0;
  await tell();
  expect(smtp.got).toHaveLength(0);
  const kept = await (await pot.db.as("owner")).query("select address from treasurer_notice");
  expect(kept.rows).toEqual([{ address: "ben@example.org" }]);
});

test("two clocks at once send one letter; one that no server took goes later, and the address is in no line for the operator", async () => {
  await person(pot, fund.slug, "Ben");
  await tell();
  await allAway();
  hours(12);
  smtp.got.length = 0;
  await Promise.all([tell(), tell(), tell()]);
  expect(smtp.got).toHaveLength(1);

  await person(pot, fund.slug, "Ben");
  await tell();
  await allAway();
  hours(12);
  await smtp.close();
  await tell();
  expect(pot.reported.join("\n")).toContain("mail could not be sent");
  expect(pot.reported.join("\n")).not.toContain("ben@");
  const { rows } = await (await pot.db.as("owner")).query("select visited from treasurer_notice");
  expect(rows).toEqual([{ visited: true }]);
});
