import { createHash } from "node:crypto";
import type { Challenge } from "altcha-lib";
import { Booking } from "../../src/donations/booking/booking.service.js";
import { CardPause } from "../../src/donations/limits/card-pause.service.js";
import { FAILURES_MAX } from "../../src/donations/limits/card-pause.js";
import { GIFT_STEP_UP, SESSIONS_MAX } from "../../src/donations/limits/gift-step-up.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { HandClock } from "../../src/kernel/clock.js";
import { newToken } from "../../src/kernel/ids.js";
import { TRIES_MAX } from "../../src/platform/http/step-up.js";
import { ProofOfWork, RIPE_SECONDS } from "../../src/platform/http/proof-of-work.service.js";
import { give, openFund, person, startCommonpot, until, type Commonpot } from "../support/commonpot.js";
import { challengeIn, hiddenField, proofFor } from "../support/proofs.js";

const { free: FREE, ticketsMax: TICKETS_MAX } = GIFT_STEP_UP;

jest.setTimeout(180_000);

let pot: Commonpot;
let fund: Fund;
let other: Fund;
const clock = new HandClock(new Date());
let funds = 0;
let networks = 0;

beforeAll(async () => {
  pot = await startCommonpot({ clock });
  other = await openFund(pot, "other-fund");
});
afterAll(() => pot.close());

/** Counts begin anew, and each test has a fund of its own. */
beforeEach(async () => {
  later(7300);
  fund = await openFund(pot, `abuse-${++funds}`);
});

const later = (seconds: number): void => clock.set(new Date(clock.now().getTime() + seconds * 1000));
const newNetwork = (): string => `198.${18 + (++networks >> 8)}.${networks & 255}.9`;
const one = async (sql: string, values: unknown[] = []): Promise<any> =>
  (await (await pot.db.as("owner")).query(sql, values)).rows[0];
const sessions = (): number => Object.keys(pot.stripe.stripe.store.state.sessions).length;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly json: any;
}

async function start(from: string, headers: Record<string, string> = {}, to = fund): Promise<Answer> {
  const answer = await pot.app.inject({
    method: "POST",
    url: `/api/v1/funds/${to.slug}/donations`,
    headers: { "content-type": "application/json", ...headers },
    payload: JSON.stringify({ amount: 500, frequency: "once" }),
    remoteAddress: from,
  });
  const json = answer.json();
  return { status: answer.statusCode, type: String(json.type ?? "").replace("urn:commonpot:problem:", ""), json };
}

/** Uses up what is free, so that this network is asked for work from now on. Returns its challenge. */
async function challengeFor(from: string): Promise<Challenge> {
  for (let i = 0; i < FREE.network; i++) expect((await start(from)).status).toBe(201);
  const asked = await start(from);
  expect([asked.status, asked.type]).toEqual([429, "proof-needed"]);
  return asked.json.challenge as Challenge;
}

const post = (from: string, fields: Record<string, string>, query = "", to = fund) =>
  pot.app.inject({
    method: "POST",
    url: `/${to.slug}/give${query}`,
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "text/html" },
    payload: new URLSearchParams(fields).toString(),
    remoteAddress: from,
  });

describe("starting many gifts", () => {
  test("1,000 starts of one network open as many card pages as are free to everybody, and then it is told to wait", async () => {
    const [before, from] = [sessions(), newNetwork()];
    const statuses = new Map<string, number>();
    for (let i = 0; i < 1000; i++) {
      const { status, type } = await start(from);
      statuses.set(`${status} ${type}`, (statuses.get(`${status} ${type}`) ?? 0) + 1);
    }
    expect(sessions() - before).toBe(FREE.network);
    expect(Object.fromEntries(statuses)).toEqual({
      "201 ": FREE.network,
      "429 proof-needed": TRIES_MAX,
      "429 too-many": 1000 - FREE.network - TRIES_MAX,
    });
    // Somebody else on the same network, who does the work, is not locked out: a whole Tor exit is one network.
    const page = (await pot.app.inject({ url: `/${fund.slug}/give`, remoteAddress: from })).body;
    expect((await start(from, { "proof-of-work": await proofFor(challengeIn(page)) })).status).toBe(201);
  });

  test("1,000 starts from 1,000 networks open as many card pages as a fund has free, and everybody after them does work", async () => {
    const before = sessions();
    const answers = new Set<string>();
    for (let i = 0; i < 1000; i++) answers.add((await start(newNetwork())).type);
    expect(sessions() - before).toBe(FREE.fund);
    expect(answers).toEqual(new Set(["", "proof-needed"]));
    const { json } = await start(newNetwork());
    expect((await start(newNetwork(), { "proof-of-work": await proofFor(json.challenge) })).status).toBe(201);
  });

  test("100 starts at the same moment open no more than those one after the other", async () => {
    const [before, from] = [sessions(), newNetwork()];
    await Promise.all(Array.from({ length: 100 }, () => start(from)));
    expect(sessions() - before).toBe(FREE.network);
  });

  test("below the limits nobody notices anything: no script, no challenge", async () => {
    const page = (await pot.app.inject({ url: `/${fund.slug}/give`, remoteAddress: newNetwork() })).body;
    expect(page).not.toMatch(/<script|challenge|ticket/);
  });

  test("even with proofs, a network opens so many card pages in a minute, and its proof stays good for the next", async () => {
    const from = newNetwork();
    const challenge = await challengeFor(from);
    const genuine = jest.spyOn(ProofOfWork.prototype, "read").mockImplementation(() =>
      Promise.resolve({ hash: createHash("sha256").update(newToken()).digest(), expiresAt: new Date(clock.now().getTime() + 600_000) }),
    ); // prettier-ignore
    const before = sessions();
    const answers: string[] = [];
    for (let i = 0; i < SESSIONS_MAX.network + 10; i++)
      answers.push((await start(from, { "proof-of-work": "x" })).type);
    genuine.mockRestore();
    expect(sessions() - before).toBe(SESSIONS_MAX.network - FREE.network);
    expect(answers.filter((type) => type === "too-many")).toHaveLength(10 + FREE.network);
    const proof = await proofFor(challenge);
    expect((await start(from, { "proof-of-work": proof })).type).toBe("too-many");
    later(120);
    expect((await start(from, { "proof-of-work": proof })).status).toBe(201);
  });

  test("an answer that was lost is given again under its key, without new work", async () => {
    const from = newNetwork();
    const key = { "idempotency-key": "a-lost-answer" };
    const first = await start(from, key);
    for (let i = 0; i < FREE.network; i++) await start(from);
    expect((await start(from)).type).toBe("proof-needed");
    expect((await start(from, key)).json).toEqual(first.json);
  });
});

describe("a proof of work", () => {
  test("is good once: for one gift, also when it is sent ten times at once", async () => {
    const from = newNetwork();
    const header = { "proof-of-work": await proofFor(await challengeFor(from)) };
    const before = sessions();
    const answers = await Promise.all(Array.from({ length: 10 }, () => start(from, header)));
    expect(answers.map((a) => a.status).sort()).toEqual([201, ...Array<number>(9).fill(429)]);
    expect(sessions() - before).toBe(1);
    expect((await start(from, header)).type).toBe("proof-needed");
  });

  test("without the table of spent ones, it would be good for ever", async () => {
    const from = newNetwork();
    const header = { "proof-of-work": await proofFor(await challengeFor(from)) };
    expect((await start(from, header)).status).toBe(201);
    await (await pot.db.as("owner")).query("delete from spent_mark");
    expect((await start(from, header)).status).toBe(201);
  });

  test("sent twice at once with the same form (two taps) leads both to the same card page", async () => {
    const from = newNetwork();
    const header = { "proof-of-work": await proofFor(await challengeFor(from)), "idempotency-key": "two-taps" };
    const [a, b] = await Promise.all([start(from, header), start(from, header)]);
    expect([a.status, b.status]).toEqual([201, 201]);
    expect(a.json).toEqual(b.json);
  });

  test.each<[string, (payload: any) => unknown]>([
    ["nothing at all", () => ""],
    ["no base64", () => "%%%"],
    ["null", () => null],
    ["a list", () => []],
    ["without its solution", ({ challenge }) => ({ challenge })],
    ["without its signature", ({ challenge, solution }) => ({ challenge: { parameters: challenge.parameters }, solution })],
    ["with a wrong answer", ({ challenge, solution }) => ({ challenge, solution: { ...solution, derivedKey: "00".repeat(32) } })],
    ["with the answer's known half alone", ({ challenge, solution }) => ({ challenge, solution: { ...solution, derivedKey: `${challenge.parameters.keyPrefix}${"00".repeat(16)}` } })],
    ["with a later end", ({ challenge, solution }) => ({ challenge: { ...challenge, parameters: { ...challenge.parameters, expiresAt: 4e9 } }, solution })],
    ["with less work in it", ({ challenge, solution }) => ({ challenge: { ...challenge, parameters: { ...challenge.parameters, cost: 1 } }, solution })],
    ["with another fund's name written in", ({ challenge, solution }) => ({ challenge: { ...challenge, parameters: { ...challenge.parameters, data: { ...challenge.parameters.data, fund: other.fundId } } }, solution })],
  ])("is refused when it comes %s", async (_how, change) => {
    const from = newNetwork();
    const good = JSON.parse(Buffer.from(await proofFor(await challengeFor(from)), "base64").toString()) as object;
    const changed = change(good);
    const header = typeof changed === "string" ? changed : Buffer.from(JSON.stringify(changed)).toString("base64");
    const before = sessions();
    expect((await start(from, { "proof-of-work": header })).type).toBe("proof-needed");
    expect(sessions()).toBe(before);
    // The unchanged one goes.
    const untouched = Buffer.from(JSON.stringify(good)).toString("base64");
    expect((await start(from, { "proof-of-work": untouched })).status).toBe(201);
  }); // prettier-ignore

  test("of another fund is refused, and so is one that is older than ten minutes", async () => {
    const from = newNetwork();
    const proof = await proofFor(await challengeFor(from));
    expect((await start(from, { "proof-of-work": proof }, other)).type).toBe("proof-needed");
    later(601);
    // Half of an hour's starts still count.
    expect((await start(from, { "proof-of-work": proof })).type).toBe("proof-needed");
  });

  test("is good at another web process, and after a restart: they share a key through the database", async () => {
    const [here, there] = [new ProofOfWork(pot.database, clock), new ProofOfWork(pot.database, clock)];
    const purpose = { fundId: fund.fundId, form: "give" as const };
    const mark = await there.read(purpose, await proofFor(await here.challenge(purpose, 300)));
    expect(mark).not.toBeNull();
    const spent = await Promise.all([here.spend(fund.fundId, mark!, "a"), there.spend(fund.fundId, mark!, "b")]);
    expect(spent.sort()).toEqual([false, true]);
    expect((await one("select count(*)::int as n from abuse_key")).n).toBe(1);
    expect(await there.readTicket(purpose, await here.ticket(purpose))).not.toBeNull();
  });
});

describe("without script, a ticket", () => {
  const TYPED = { amount: "12.34", coverFee: "on", pick: "50", key: newToken() };

  /** The form as it comes back once this network is asked for work. */
  async function sentBack(from: string) {
    for (let i = 0; i < FREE.network; i++) await start(from);
    return post(from, { ...TYPED, key: newToken() });
  }

  test("takes half a minute of waiting, loses nothing that was typed, and is good once", async () => {
    const from = newNetwork();
    const first = await sentBack(from);
    expect(first.statusCode).toBe(429);
    expect(first.body).toContain('value="12.34"');
    expect(first.body).toMatch(/name="coverFee"[^>]*checked/);
    expect(first.body).toContain("Take 30 seconds");
    const fields = { ...TYPED, key: hiddenField(first.body, "key")!, ticket: hiddenField(first.body, "ticket")! };
    const tooSoon = await post(from, fields);
    expect([tooSoon.statusCode, hiddenField(tooSoon.body, "ticket")]).toEqual([429, fields.ticket]);
    later(RIPE_SECONDS);
    const before = sessions();
    const gone = await post(from, fields);
    expect([gone.statusCode, String(gone.headers["location"])]).toEqual([303, expect.stringContaining("/c/pay/")]);
    expect(sessions() - before).toBe(1);
    const again = await post(from, { ...fields, key: newToken() });
    expect(again.statusCode).toBe(429);
    expect(hiddenField(again.body, "ticket")).not.toBe(fields.ticket);
    expect(sessions() - before).toBe(1);
  });

  test("is in the form from the start, for whoever opens it while many gifts are started", async () => {
    const from = newNetwork();
    await challengeFor(from);
    const page = (await pot.app.inject({ url: `/${fund.slug}/give`, remoteAddress: from })).body;
    later(RIPE_SECONDS);
    const fields = { ...TYPED, key: newToken(), ticket: hiddenField(page, "ticket")! };
    expect((await post(from, fields)).statusCode).toBe(303);
  });

  test.each<[string, (ticket: string) => string]>([
    ["that was never given", (t) => t.replace(/^.{22}/, "A".repeat(22))],
    ["with an earlier time", (t) => t.replace(/\d{10}/, "1000000000")],
    ["with another seal", (t) => t.slice(0, -4) + "AAAA"],
    ["of rubbish", () => "x"],
  ])("%s is refused", async (_what, change) => {
    const from = newNetwork();
    const ticket = hiddenField((await sentBack(from)).body, "ticket")!;
    later(RIPE_SECONDS);
    expect((await post(from, { ...TYPED, key: newToken(), ticket: change(ticket) })).statusCode).toBe(429);
    expect((await post(from, { ...TYPED, key: newToken(), ticket })).statusCode).toBe(303);
  });

  test("of another fund is refused, and so is one that is older than ten minutes", async () => {
    const from = newNetwork();
    const ticket = hiddenField((await sentBack(from)).body, "ticket")!;
    later(RIPE_SECONDS);
    expect((await post(from, { ...TYPED, key: newToken(), ticket }, "", other)).statusCode).toBe(429);
    later(601);
    expect((await post(from, { ...TYPED, key: newToken(), ticket })).statusCode).toBe(429);
  });

  test("is one of so many in a minute: 1,000 that were gathered open few card pages, and one network leaves room for others", async () => {
    const from = newNetwork();
    await challengeFor(from);
    const proofs = pot.app.get(ProofOfWork);
    const purpose = { fundId: fund.fundId, form: "give" as const };
    const gathered = await Promise.all(Array.from({ length: 1000 }, () => proofs.ticket(purpose)));
    later(RIPE_SECONDS);
    const before = sessions();
    for (const ticket of gathered) await post(from, { ...TYPED, key: newToken(), ticket });
    expect(sessions() - before).toBe(TICKETS_MAX.network);
    const elsewhere = newNetwork();
    await challengeFor(elsewhere);
    const answer = await post(elsewhere, { ...TYPED, key: newToken(), ticket: gathered.at(-1)! });
    expect(answer.statusCode).toBe(303);
  });
});

describe("failed payments in a row", () => {
  const DECLINED = "4000000000000002";
  const paused = (of = fund): Promise<Date | null> => pot.app.get(CardPause).until(pot.database.read, of.fundId);
  const failures = async (): Promise<number> =>
    (await one("select count(*)::int as n from card_failure where fund_id = $1", [fund.fundId])).n;

  async function fail(times: number): Promise<void> {
    const before = await failures();
    for (let i = 0; i < times; i++) await give(pot, fund.slug, 500, DECLINED);
    await until("counted", async () => (await failures()) === before + times);
  }

  // Stripe keeps its own time, and so do the failures.
  beforeEach(() => clock.set(new Date()));

  test("pause the fund's card gifts, the page says so and until when, and the desk can end it", async () => {
    await fail(FAILURES_MAX - 1);
    expect(await paused()).toBeNull();
    await fail(1);
    await until("paused", async () => (await paused()) !== null);
    const refused = await start("127.0.0.1");
    expect([refused.status, refused.type]).toEqual([503, "cards-paused"]);
    const page = (await pot.app.inject({ url: `/${fund.slug}/give` })).body;
    expect(page).toMatch(/Card gifts rest until \d+:\d\d.[AP]M UTC/);
    expect(page).not.toContain("<form");
    const kept = await post("127.0.0.1", { amount: "77.01", pick: "25", key: newToken() }, "?lang=es");
    expect([kept.statusCode, kept.body.includes('value="77.01"')]).toEqual([503, true]);
    expect(kept.body).toContain("descansan hasta las");
    // Another fund goes on.
    expect((await start("127.0.0.1", {}, other)).status).toBe(201);

    const ana = await person(pot, fund.slug, "Ana");
    const desk = await ana.page();
    expect(desk).toContain(`${FAILURES_MAX} payments failed in a row`);
    expect(desk).toContain("card gifts rested for a while");
    expect(await ana.form("desk/card-gifts", {})).toBe(303);
    expect(await paused()).toBeNull();
    expect((await start("127.0.0.1")).status).toBe(201);
    expect(await ana.form("desk/card-gifts", {})).toBe(303);
  });

  test("do not pause when one payment between them succeeded", async () => {
    await fail(FAILURES_MAX - 1);
    // Stripe's time has whole seconds: the success is later than the failures.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const { id } = await give(pot, fund.slug, 500);
    const booked = "select count(*)::int as n from transaction where key = $1";
    await until("booked", async () => (await one(booked, [`gift:${id}`])).n === 1);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await fail(FAILURES_MAX - 1);
    expect(await paused()).toBeNull();
    await fail(1);
    await until("paused", async () => (await paused()) !== null);
  });

  test("count each charge once, however often we hear of it, and at the same moment", async () => {
    await fail(2);
    const intents = Object.values(pot.stripe.stripe.store.state.intents).filter(
      (i) => i.metadata["fund"] === fund.fundId,
    );
    const booking = pot.app.get(Booking);
    await Promise.all(Array.from({ length: 20 }, () => booking.bookPayment("", intents[0]!.id)));
    expect(await failures()).toBe(2);
    expect(await paused()).toBeNull();
    expect((await one("select failures from card_pause where fund_id = $1", [fund.fundId])).failures).toBe(2);
  });

  test("pause for twice as long while it goes on, and the pause ends by itself", async () => {
    const pause = pot.app.get(CardPause);
    const fail = (i: number): Promise<void> =>
      pot.database.atomically((tx) =>
        pause.failed(tx, { ...fund, timeZone: fund.charter.timeZone }, `ch_${i}`, clock.now()),
      );
    for (let i = 0; i < FAILURES_MAX; i++) await fail(i);
    const minutesLeft = async (): Promise<number> => ((await paused())!.getTime() - clock.now().getTime()) / 60_000;
    expect(await minutesLeft()).toBe(10);
    later(601);
    expect(await paused()).toBeNull();
    for (let i = 100; i < 100 + FAILURES_MAX; i++) await fail(i);
    expect(await minutesLeft()).toBe(20);
  });

  test("are not ended by somebody who has no seat here", async () => {
    const pause = pot.app.get(CardPause);
    for (let i = 0; i < FAILURES_MAX; i++)
      await pot.database.atomically((tx) =>
        pause.failed(tx, { ...fund, timeZone: fund.charter.timeZone }, `ch_${i}`, clock.now()),
      );
    const url = `/${fund.slug}/desk/card-gifts`;
    const headers = { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" };
    const nobody = await pot.app.inject({ method: "POST", url, headers, payload: "" });
    expect(nobody.statusCode).toBe(401);
    const elsewhere = await pot.app.inject({ method: "POST", url, headers: { ...headers, "sec-fetch-site": "cross-site" }, payload: "" }); // prettier-ignore
    expect(elsewhere.statusCode).toBe(403);
    const treasurerOfAnother = await person(pot, other.slug, "Ben");
    expect(await treasurerOfAnother.form("desk/card-gifts", {}, fund.slug)).toBe(401);
    expect(await paused()).not.toBeNull();
  });
});

describe("when Stripe refuses our key", () => {
  afterEach(() => pot.stripe.refuseKeys(false));

  test("the page says that card gifts are off, keeps what was typed, and tells the desk and the operator once", async () => {
    pot.stripe.refuseKeys(true);
    const first = await post("127.0.0.1", { amount: "31.07", pick: "25", key: newToken() });
    expect([first.statusCode, first.body.includes('value="31.07"')]).toEqual([503, true]);
    expect(first.body).toContain("Stripe doesn’t take this fund’s key or account. Nothing was charged.");
    expect(first.body).not.toContain("try again in a minute");
    // The other doors stay.
    for (const door of ["ask", "join", "books"]) expect(first.body).toContain(`href="/${fund.slug}/${door}?lang=en"`);
    expect((await start("127.0.0.1")).type).toBe("cards-refused");
    expect((await pot.app.inject({ url: `/${fund.slug}/give` })).body).not.toContain("<form");
    const alarm = await one("select count(*)::int as n from alarm where fund_id = $1 and kind = 'cards-refused'", [fund.fundId]); // prettier-ignore
    expect(alarm.n).toBe(1);
    expect(await (await person(pot, fund.slug, "Ana")).page()).toContain("is the key revoked, the account frozen?");
    expect(pot.reported.filter((line) => line.includes(`Stripe refuses the key or the account of ${fund.slug}`))).toHaveLength(1); // prettier-ignore
    expect((await start("127.0.0.1", {}, other)).type).toBe("cards-refused");
  });

  test("after a minute the next gift asks Stripe again, under the same key", async () => {
    pot.stripe.refuseKeys(true);
    const key = { "idempotency-key": newToken() };
    expect((await start("127.0.0.1", key)).type).toBe("cards-refused");
    pot.stripe.refuseKeys(false);
    later(59);
    expect((await start("127.0.0.1", key)).type).toBe("cards-refused");
    later(1);
    expect((await start("127.0.0.1", key)).status).toBe(201);
  });

  test("what is by hand goes on, and a payment of before is booked when the key is good again", async () => {
    const { id } = await (async () => {
      pot.stripe.setWebhookUrl("http://127.0.0.1:9/nowhere");
      return give(pot, fund.slug, 500);
    })();
    pot.stripe.refuseKeys(true);
    const intent = Object.values(pot.stripe.stripe.store.state.intents).find((i) => i.metadata["donation"] === id)!;
    await expect(pot.app.get(Booking).bookPayment("", intent.id)).rejects.toThrow();
    expect((await pot.app.inject({ url: `/${fund.slug}/ask` })).statusCode).toBe(200);
    pot.stripe.refuseKeys(false);
    await pot.app.get(Booking).bookPayment("", intent.id);
    expect((await one("select count(*)::int as n from transaction where key = $1", [`gift:${id}`])).n).toBe(1);
    pot.stripe.setWebhookUrl(`${pot.origin.replace("localhost", "127.0.0.1")}/webhooks/stripe`);
  });
});

test("no address of anybody who gave, or tried, is in the database or in a report", async () => {
  const owner = await pot.db.as("owner");
  const { rows: tables } = await owner.query(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'public'",
  );
  for (const { name } of tables) {
    const { rows } = await owner.query(`select 1 from ${name} t where t::text ~ '198\\.(18|19|2\\d)\\.\\d' limit 1`);
    expect([name, rows.length]).toEqual([name, 0]);
  }
  expect(pot.reported.join("\n")).not.toMatch(/198\.(18|19|2\d)\.\d/);
});
