import { createHash } from "node:crypto";
import type { Fund } from "../../src/funds/funds.service.js";
import { newToken } from "../../src/kernel/ids.js";
import { Intake } from "../../src/requests/intake.service.js";
import { answerText } from "../../src/requests/messages/message.js";
import { open, seal } from "../../src/requests/sealing.js";
import { identityFromBytes } from "../../src/treasurers/wrapped-identity.js";
import type { PersonAtDesk } from "../../src/sandbox/person-at-desk.js";
import { ask, openFund, person, startCommonpot, type Commonpot } from "../support/commonpot.js";
import { codeOf } from "../support/outcomes.js";

jest.setTimeout(120_000);

let pot: Commonpot;
let fund: Fund;
let ana: PersonAtDesk, ben: PersonAtDesk;

beforeAll(async () => {
  pot = await startCommonpot({ worker: false });
  fund = await openFund(pot, "elm-street");
  [ana, ben] = [await person(pot, fund.slug, "Ana"), await person(pot, fund.slug, "Ben")];
});
afterAll(() => pot.close());

const anas = identityFromBytes(createHash("sha256").update("commonpot practice Ana identity").digest());
const one = async (sql: string): Promise<any> => (await (await pot.db.as("owner")).query(sql)).rows[0];
const lastRequest = async (): Promise<{ id: string; reply: string | null }> =>
  one(
    "select request_id as id, reply_recipient as reply from aid_request where fund_id = (select fund_id from fund where slug = 'elm-street') order by arrival desc limit 1",
  );
const write = (code: string, text: string): Promise<{ statusCode: number }> =>
  pot.app.inject({
    method: "POST",
    url: "/api/v1/request/messages",
    headers: { authorization: `Claim ${code}`, "idempotency-key": newToken(), "content-type": "application/json" },
    payload: JSON.stringify({ text }),
  });
const messagesOf = async (code: string): Promise<any[]> =>
  (await pot.app.inject({ url: "/api/v1/request", headers: { authorization: `Claim ${code}` } })).json<{
    messages: any[];
  }>().messages;
const statusPage = async (code: string, lang: string): Promise<string> =>
  (
    await pot.app.inject({
      method: "POST",
      url: `/${fund.slug}/status?lang=${lang}`,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      payload: new URLSearchParams({ words: code, code }).toString(),
    })
  ).body;

test("what somebody writes waits at the desk until it is answered; the answer is read in the reader's own language", async () => {
  const code = await ask(pot, fund.slug, 4000);
  const { id, reply } = await lastRequest();
  expect(await ana.page()).not.toContain("Somebody wrote");
  expect((await write(code, "the landlord changed banks")).statusCode).toBeLessThan(300);
  expect(await ana.page()).toContain("Somebody wrote and waits for an answer");
  expect(await ana.page("desk/messages")).not.toContain("landlord changed");

  const { messages, replyRecipient } = await ana.openMessages(id);
  expect(replyRecipient).toBe(reply);
  expect(await open(messages[0]!.sealed, anas)).toBe("the landlord changed banks");
  expect((await one("select count(*)::int as n from message_opening")).n).toBe(1);

  const sealed = await seal(answerText({ phrase: "details", words: "The new one, please." }), [reply!]);
  const key = newToken();
  await ben.post("messages", { request: id, sealed }, key);
  await ben.post("messages", { request: id, sealed }, key);
  expect((await one("select count(*)::int as n from request_message where sender = 'fund'")).n).toBe(1);
  expect(await ana.page()).not.toContain("Somebody wrote");
  expect((await messagesOf(code))[1]).toMatchObject({
    from: "fund",
    phrase: "details",
    text: "The new one, please.",
  });
  expect(await statusPage(code, "es")).toContain("Algo en la manera de pagarte no funciona");
  expect(await statusPage(code, "ar")).toContain("هناك شيء في طريقة الدفع لا يعمل");
  expect(await statusPage(code, "en")).toContain("The new one, please.");
});

test("a treasurer may say that there is nothing to answer", async () => {
  const code = await ask(pot, fund.slug, 4100);
  const { id } = await lastRequest();
  await write(code, "thank you");
  expect(await ana.page()).toContain("Somebody wrote");
  await ana.post("messages/seen", { request: id });
  expect(await ana.page()).not.toContain("Somebody wrote");
  await write(code, "one more thing");
  expect(await ana.page()).toContain("Somebody wrote");
  await ana.post("messages/seen", { request: id });
});

test("nobody opens a conversation without a signature for that one; nobody writes to whom it could not reach", async () => {
  await ask(pot, fund.slug, 4200);
  const first = (await lastRequest()).id;
  await ask(pot, fund.slug, 4300);
  const { id: second, reply } = await lastRequest();
  await expect(ana.openMessages(first, second)).rejects.toThrow("not-yours");
  const login = await ana.post<{ challengeId: string }>("logins", {});
  await expect(
    ana.post("message-openings", { request: first, challengeId: login.challengeId, response: {} }),
  ).rejects.toThrow("passkey");

  const sealed = await seal("x", [reply!]);
  const elsewhere = await openFund(pot, "oak-street");
  const stranger = await person(pot, elsewhere.slug, "Ana");
  await expect(stranger.openMessages(second)).rejects.toThrow("no-such-request");
  await expect(stranger.post("messages", { request: second, sealed })).rejects.toThrow("no-such-request");
  const nobody = await pot.app.inject({
    method: "POST",
    url: `/api/v1/funds/${fund.slug}/messages`,
    headers: { "content-type": "application/json", "sec-fetch-site": "same-origin", "idempotency-key": newToken() },
    payload: JSON.stringify({ request: second, sealed }),
  });
  expect(nobody.statusCode).toBe(401);

  const details = { payTo: { rail: "cash" as const, to: "at the door" }, language: "en" };
  await pot.app.get(Intake).ask(fund, { amount: 4400n, details, noCode: true }, newToken());
  const { id: silent, reply: none } = await lastRequest();
  expect(none).toBeNull();
  await expect(ana.post("messages", { request: silent, sealed })).rejects.toThrow("wrong-state");
  await expect(ana.post("messages", { request: second, sealed: "plain words" })).rejects.toThrow("422");

  const app = await pot.db.as("app");
  expect(await codeOf(app.query("delete from message_opening"))).toBe("42501");
  expect(await codeOf(app.query("update request_message set sealed = sealed_of.sealed from request_message sealed_of"))).toBe("CP001"); // prettier-ignore
  expect(await codeOf(app.query("update request_message set day = day - 1"))).toBe("42501");
});
