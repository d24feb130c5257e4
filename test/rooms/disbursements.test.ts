import { In } from "typeorm";
import { newId, newToken } from "../../src/kernel/ids.js";
import { Approvals } from "../../src/disbursements/approvals.service.js";
import { DisbursementRow } from "../../src/disbursements/disbursement.entity.js";
import { Payouts } from "../../src/disbursements/payouts.service.js";
import { Selections } from "../../src/disbursements/selection.service.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { refund } from "../../src/ledger/flows/card.js";
import { Journal } from "../../src/ledger/journal.service.js";
import { signWithSoftwarePasskey } from "../../src/treasurers/software-passkey.js";
import { practiceTreasurer } from "../../src/sandbox/practice-treasurers.js";
import { bookGift } from "../support/builders.js";
import { ask, openFund, person, startCommonpot, until, type Commonpot } from "../support/commonpot.js";
import { codeOf, refusalOf } from "../support/outcomes.js";

jest.setTimeout(180_000);

let pot: Commonpot;
let fund: Fund;
let made = 0;

beforeAll(async () => {
  pot = await startCommonpot({ worker: false });
});
afterAll(() => pot.close());

beforeEach(async () => {
  fund = await openFund(pot, `desk-${++made}`);
  await bookGift(pot.database, fund, 100_000n, `gift-${made}`);
});

const all = async (sql: string, values: unknown[] = []): Promise<any[]> =>
  (await (await pot.db.as("owner")).query(sql, values)).rows;
const select = () => pot.database.atomically((tx) => pot.app.get(Selections).run(tx, fund));
const proposed = async (): Promise<string[]> =>
  (
    await all(
      "select disbursement_id as id from disbursement where fund_id = $1 and state = 'proposed' order by amount",
      [fund.fundId],
    )
  ).map((d) => d.id);
/** Shut until somebody opens it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
const waitingForLocks = async (): Promise<number> => (await all("select from pg_locks where not granted")).length;
const problem = async (promise: Promise<unknown>): Promise<string> =>
  ((await refusalOf(promise)).match(/problem:([a-z-]+)/) ?? ["", await refusalOf(promise)])[1] ?? "";

describe("choosing", () => {
  test("first come, first served, as far as the free money goes; the rest keeps its place", async () => {
    for (const amount of [50_000, 40_000, 30_000]) await ask(pot, fund.slug, amount);
    expect(await select()).toBe(2);
    expect(
      await all("select amount::int as amount from disbursement where fund_id = $1 order by amount desc", [
        fund.fundId,
      ]),
    ).toEqual([{ amount: 50_000 }, { amount: 40_000 }]);
    expect(await select()).toBe(0);
    expect((await all("select from aid_request where fund_id = $1 and state = 'waiting'", [fund.fundId])).length).toBe(
      1,
    );
  });

  test("two clocks at once pick each request once", async () => {
    for (let i = 0; i < 5; i++) await ask(pot, fund.slug, 1000);
    await Promise.allSettled([select(), select(), select()]);
    await select();
    expect(
      (await all("select from disbursement where fund_id = $1 and state = 'proposed'", [fund.fundId])).length,
    ).toBe(5);
  });

  test("while it waits for somebody's request, gifts are booked: it holds no lock of the fund", async () => {
    const withReserve = await openFund(pot, `reserve-${++made}`, { reserve: { percent: 10, days: 60 } });
    await bookGift(pot.database, withReserve, 100_000n, `reserve-gift-${made}`);
    await ask(pot, withReserve.slug, 1000);
    const [locked, letGo] = [gate(), gate()];
    const holding = pot.database.atomically(async (tx) => {
      await tx.query("select from aid_request where fund_id = $1 for update", [withReserve.fundId]);
      locked.open();
      await letGo.opened;
    });
    await locked.opened;
    const running = pot.database.atomically((tx) => pot.app.get(Selections).run(tx, withReserve));
    await until("the rule waits for the request", async () => (await waitingForLocks()) > 0);
    const booked = bookGift(pot.database, withReserve, 1000n, `meanwhile-${made}`).then(() => "booked");
    const first = await Promise.race([
      booked,
      new Promise((resolve) => setTimeout(() => resolve("waited"), 5000).unref()),
    ]);
    letGo.open();
    await holding;
    expect(await running).toBe(1);
    await booked;
    expect(first).toBe("booked");
  });
});

describe("approving", () => {
  test("one yes is not enough, the second holds the money, and the third has nothing left to sign", async () => {
    await ask(pot, fund.slug, 5000);
    await select();
    const list = await proposed();
    const [ana, ben, chris] = await Promise.all(
      (["Ana", "Ben", "Chris"] as const).map((name) => person(pot, fund.slug, name)),
    );
    expect(await ana!.approve(list)).toEqual({ approved: [], signed: list, outOfDate: [], notCovered: [] });
    expect(await ben!.approve(list)).toEqual({ approved: list, signed: [], outOfDate: [], notCovered: [] });
    expect(await problem(chris!.approve(list))).toBe("statement-out-of-date");
    expect(await new Journal().balances(pot.database.read, fund.fundId)).toMatchObject({ held: 5000n });
  });

  test("nobody approves twice, also on another device", async () => {
    await ask(pot, fund.slug, 5000);
    await select();
    const list = await proposed();
    const ana = await person(pot, fund.slug, "Ana");
    await ana.approve(list);
    expect(await problem((await person(pot, fund.slug, "Ana")).approve(list))).toBe("already-approved");
  });

  test("a repeated POST gets the first answer, and signs once", async () => {
    await ask(pot, fund.slug, 5000);
    await select();
    const ana = await person(pot, fund.slug, "Ana");
    const { challengeId, challenge } = await ana.post<{ challengeId: string; challenge: string }>(
      "approval-statements",
      { disbursements: await proposed() },
    );
    const body = {
      challengeId,
      response: await signWithSoftwarePasskey((await practiceTreasurer("Ana")).passkey, challenge, pot.origin),
    };
    const key = newToken();
    const answers = await Promise.all([ana.post("approvals", body, key), ana.post("approvals", body, key)]);
    expect(answers[0]).toEqual(answers[1]);
    expect((await all("select from approval where fund_id = $1", [fund.fundId])).length).toBe(1);
  });

  test("three treasurers at the same instant: exactly one transition, never stuck, in 200 rounds", async () => {
    expect(await race(200)).toEqual({ doubled: 0, stuck: 0 });
  });

  test("without the lock on the request and the disbursement, rounds get stuck", async () => {
    // `lockAndVoid` is where approvals take both locks.
    const unlocked = jest
      .spyOn(pot.app.get(Selections), "lockAndVoid")
      .mockImplementation((tx, of, ids) =>
        tx.findBy(DisbursementRow, { fundId: of.fundId, disbursementId: In([...ids]) }),
      );
    const { stuck } = await race(40);
    unlocked.mockRestore();
    expect(stuck).toBeGreaterThan(0);
  });

  /** Rounds in which three treasurers say yes at once; counts money held twice, and quorums that moved nothing. */
  async function race(rounds: number): Promise<{ doubled: number; stuck: number }> {
    const seats = await all("select treasurer_id as id from treasurer where fund_id = $1", [fund.fundId]);
    const approvals = pot.app.get(Approvals);
    let doubled = 0;
    let stuck = 0;
    for (let round = 0; round < rounds; round++) {
      const id = await proposeOne(100n);
      const [{ commitment }] = await all(
        "select encode(commitment, 'hex') as commitment from disbursement where disbursement_id = $1",
        [id],
      );
      const statements = await Promise.all(seats.map((seat) => writeStatement(seat.id)));
      const before = (await new Journal().balances(pot.database.read, fund.fundId)).held;
      await Promise.allSettled(
        seats.map((seat, i) =>
          pot.database.atomically((tx) =>
            approvals.record(tx, fund, {
              treasurerId: seat.id,
              statementId: statements[i]!,
              items: [{ disbursementId: id, commitment }],
            }),
          ),
        ),
      );
      const [{ state }] = await all("select state from disbursement where disbursement_id = $1", [id]);
      const held = (await new Journal().balances(pot.database.read, fund.fundId)).held - before;
      if (held > 100n) doubled++;
      if (state !== "approved") stuck++;
    }
    return { doubled, stuck };
  }

  async function proposeOne(amount: bigint): Promise<string> {
    const requestId = newId();
    const [{ arrival }] = await all(
      "update queue set next_arrival = next_arrival + 1 where fund_id = $1 returning next_arrival as arrival",
      [fund.fundId],
    );
    const sealed = "-----BEGIN AGE ENCRYPTED FILE-----\nYQ==\n-----END AGE ENCRYPTED FILE-----\n";
    await all(
      `insert into aid_request (fund_id, request_id, arrival, day, amount, category, state, version, sealed, sealed_hash, sealed_by) values ($1, $2, $3, '2026-11-23', $4, 'other', 'waiting', 1, $5, sha256('x'), 'server')`,
      [fund.fundId, requestId, arrival, amount.toString(), sealed],
    );
    await select();
    return (await all("select disbursement_id as id from disbursement where request_id = $1", [requestId]))[0].id;
  }

  async function writeStatement(treasurerId: string): Promise<string> {
    const statementId = newId();
    await all(
      "insert into signed_statement (fund_id, statement_id, treasurer_id, purpose, statement, nonce, assertion, day) values ($1, $2, $3, 'approve', '{}', $4, '{}', '2026-11-23')",
      [fund.fundId, statementId, treasurerId, newToken()],
    );
    return statementId;
  }

  test("a login's signature is never an approval; nor another's, an old one's, or one over other data", async () => {
    await ask(pot, fund.slug, 5000);
    await select();
    const list = await proposed();
    const [ana, ben] = [await person(pot, fund.slug, "Ana"), await person(pot, fund.slug, "Ben")];
    const passkey = (await practiceTreasurer("Ana")).passkey;
    const statement = () =>
      ana.post<{ challengeId: string; challenge: string }>("approval-statements", { disbursements: list });
    const login = await ana.post<{ challengeId: string; challenge: string }>("logins", {});
    const given = await statement();
    const tries: Promise<unknown>[] = [
      ana.post("approvals", {
        challengeId: login.challengeId,
        response: await signWithSoftwarePasskey(passkey, login.challenge, pot.origin),
      }),
      ana.post("approvals", {
        challengeId: (await statement()).challengeId,
        response: await signWithSoftwarePasskey(passkey, login.challenge, pot.origin),
      }),
      ana.post("approvals", {
        challengeId: (await statement()).challengeId,
        response: await signWithSoftwarePasskey(passkey, given.challenge, "https://evil.example"),
      }),
      ana.post("approvals", {
        challengeId: (await statement()).challengeId,
        response: await signWithSoftwarePasskey((await practiceTreasurer("Ben")).passkey, given.challenge, pot.origin),
      }),
      ben.post("approvals", {
        challengeId: given.challengeId,
        response: await signWithSoftwarePasskey(passkey, given.challenge, pot.origin),
      }),
    ];
    for (const attempt of tries) expect(["passkey", "not-yours"]).toContain(await problem(attempt));
    const fresh = await statement();
    const response = await signWithSoftwarePasskey(passkey, fresh.challenge, pot.origin);
    const flags = Buffer.from(response.response.authenticatorData, "base64url");
    flags[32] = 0x01;
    const unverified = {
      ...response,
      response: { ...response.response, authenticatorData: flags.toString("base64url") },
    };
    expect(await problem(ana.post("approvals", { challengeId: fresh.challengeId, response: unverified }))).toBe(
      "passkey",
    );
    const withPrf = { ...response, clientExtensionResults: { prf: { results: { first: "AAAA" } } } };
    expect(
      await problem(ana.post("approvals", { challengeId: (await statement()).challengeId, response: withPrf })),
    ).toBe("passkey");
    expect((await all("select from approval where fund_id = $1", [fund.fundId])).length).toBe(0);
  });

  test("a practice passkey on a real fund is refused by the database itself", async () => {
    await all("alter table fund disable trigger fund_guard");
    await all("update fund set practice = false where fund_id = $1", [fund.fundId]);
    expect(await codeOf(all("update credential set practice = true where fund_id = $1", [fund.fundId]))).toBe("CP001");
    await expect(person(pot, fund.slug, "Ana")).rejects.toThrow("passkey");
    await all("update fund set practice = true where fund_id = $1", [fund.fundId]);
    await all("alter table fund enable always trigger fund_guard");
  });
});

test("when a refund took some of the money, the first of the line are signed and the last wait again", async () => {
  for (const amount of [40_000, 30_000, 20_000]) await ask(pot, fund.slug, amount);
  await select();
  const list = (
    await all(
      "select d.disbursement_id as id from disbursement d join aid_request r using (fund_id, request_id) where d.fund_id = $1 order by r.arrival",
      [fund.fundId],
    )
  ).map((d) => d.id);
  await (await person(pot, fund.slug, "Ana")).approve(list);
  await pot.database.atomically((tx) =>
    new Journal().post(
      tx,
      fund.fundId,
      refund({ donationId: "x", refundId: "r", day: "2026-11-23", amount: 15_000n, fee: 0n }),
      new Date(),
    ),
  );
  const ben = await (await person(pot, fund.slug, "Ben")).approve(list);
  expect([ben.approved, ben.notCovered]).toEqual([list.slice(0, 2), list.slice(2)]);
  await select();
  expect(
    (await all("select state from aid_request where fund_id = $1 order by arrival", [fund.fundId])).map((r) => r.state),
  ).toEqual(["approved", "approved", "waiting"]);
});

test("once a fund is open, the app's role can add no rule, no seat and no key, cannot close the way back, and pays nobody without a hold", async () => {
  const app = await pot.db.as("app");
  const tryIt = (sql: string) => codeOf(app.query(sql, [fund.fundId]));
  await ask(pot, fund.slug, 10_000);
  expect(
    await tryIt(
      "insert into charter (fund_id, version, charter, hash, day) select fund_id, 2, charter, hash, day from charter where fund_id = $1",
    ),
  ).toBe("CP001");
  expect(
    await tryIt(
      "insert into roster (fund_id, version, roster, hash, day) select fund_id, 2, roster, hash, day from roster where fund_id = $1",
    ),
  ).toBe("CP001");
  expect(
    await tryIt(
      "insert into treasurer (fund_id, treasurer_id, name, recipient, joined_day) values ($1, gen_random_uuid(), 'x', 'age1' || repeat('q', 58), '2026-11-23')",
    ),
  ).toBe("CP001");
  expect(
    await tryIt(
      "insert into credential select fund_id, credential_id || 'x', treasurer_id, public_key, 0, true, wrapped_identity, wrapped_by from credential where fund_id = $1",
    ),
  ).toBe("CP001");
  expect(await tryIt("update fund set state = 'founding' where fund_id = $1")).toBe("CP001");
  // It may erase what has ended (`eraseNow`), and nothing that somebody still waits for.
  expect(await tryIt("delete from aid_request where fund_id = $1")).toBe("CP001");
  expect(
    await tryIt(
      `select journal_append($1, now(), '{bank}', '{2026-11-23}', '{k}', '{2}', null, null, null, null, null, '{1,1}', '{1,2}',
        array(select account_no from account where fund_id = $1 and code in ('expenses:aid:rent', 'assets:stripe') order by code desc), '{5,-5}')`,
    ),
  ).toBe("CP001");
});

describe("paying", () => {
  async function approvedOne(amount: number): Promise<string> {
    await ask(pot, fund.slug, amount, { category: "rent" });
    await select();
    const list = await proposed();
    for (const name of ["Ana", "Ben"] as const) await (await person(pot, fund.slug, name)).approve(list);
    return list[0]!;
  }

  test("one payer at a time; what is sent is booked once and takes the hold; a reference is used once", async () => {
    const id = await approvedOne(5000);
    const [ben, chris] = [await person(pot, fund.slug, "Ben"), await person(pot, fund.slug, "Chris")];
    await ben.take(id);
    expect(await problem(chris.take(id))).toBe("in-progress");
    expect(await problem(chris.sent(id, "venmo", "assets:bank"))).toBe("lease-over");
    expect(await problem(ben.sent(id, "venmo", "assets:nowhere"))).toBe("invalid");
    await ben.sent(id, "venmo", "assets:bank", "V-77");
    expect(await problem(ben.sent(id, "venmo", "assets:bank", "V-78"))).toBe("lease-over");
    expect(await problem(ben.sent(id, "cash", "assets:stripe"))).toBe("lease-over");
    expect(await new Journal().balances(pot.database.read, fund.fundId)).toMatchObject({ held: 0n, settled: 95_000n });
    const second = await approvedOne(3000);
    await chris.take(second);
    expect(await problem(chris.sent(second, "venmo", "assets:bank", " v-77 "))).toBe("reference-used");
    await chris.sent(second, "venmo", "assets:bank", "V-79");
    expect(await all("select a.code, p.amount::int as amount from transaction t join posting p using (fund_id, seq) join account a using (fund_id, account_no) where t.fund_id = $1 and t.kind = 'payout' order by t.seq, p.line", [fund.fundId])).toEqual([
      { code: "expenses:aid:rent", amount: 5000 }, { code: "assets:bank", amount: -5000 }, { code: "expenses:aid:rent", amount: 3000 }, { code: "assets:bank", amount: -3000 },
    ]); // prettier-ignore
  });

  test("a lease that ran out is passed on by the clock; paid all the same, it is booked; paid twice, it is never hidden", async () => {
    const id = await approvedOne(5000);
    const [ben, chris] = [await person(pot, fund.slug, "Ben"), await person(pot, fund.slug, "Chris")];
    await ben.take(id);
    await all("update payout set lease_until = now() - interval '1 minute' where disbursement_id = $1", [id]);
    await pot.database.atomically((tx) => pot.app.get(Payouts).passOnExpired(tx, fund));
    expect((await all("select state from aid_request where fund_id = $1", [fund.fundId]))[0].state).toBe("approved");
    await chris.take(id);
    await chris.sent(id, "venmo", "assets:bank", "V-1");
    await ben.sent(id, "venmo", "assets:bank", "V-2");
    expect(await new Journal().balances(pot.database.read, fund.fundId)).toMatchObject({ settled: 90_000n, held: 0n });
    expect(
      (
        await all("select balance::int as balance from account where fund_id = $1 and code = 'suspense'", [fund.fundId])
      )[0].balance,
    ).toBe(5000);
    const page = await pot.app.inject({
      method: "GET",
      url: `/${fund.slug}/desk`,
      headers: { cookie: (ben as unknown as { cookie: string }).cookie },
    });
    expect(page.body).toContain("money was sent twice");
    const second = await approvedOne(3000);
    await ben.take(second);
    await all("update payout set lease_until = now() - interval '1 minute' where disbursement_id = $1", [second]);
    await pot.database.atomically((tx) => pot.app.get(Payouts).passOnExpired(tx, fund));
    await ben.sent(second, "venmo", "assets:bank", "V-3");
    expect((await all("select state from disbursement where disbursement_id = $1", [second]))[0].state).toBe("paid");
  });

  test("two who take it at the same instant: one has it", async () => {
    const id = await approvedOne(5000);
    const people = [
      await person(pot, fund.slug, "Ana"),
      await person(pot, fund.slug, "Ben"),
      await person(pot, fund.slug, "Chris"),
    ];
    const outcomes = await Promise.all(people.map((p) => refusalOf(p.take(id))));
    expect(outcomes.filter((o) => o === "done")).toHaveLength(1);
  });

  test("a request that is taken back gives its money back", async () => {
    const code = await ask(pot, fund.slug, 5000);
    await select();
    const list = await proposed();
    for (const name of ["Ana", "Ben"] as const) await (await person(pot, fund.slug, name)).approve(list);
    const answer = await pot.app.inject({
      method: "POST",
      url: "/api/v1/request/withdrawal",
      headers: { authorization: `Claim ${code}` },
    });
    expect(answer.statusCode).toBe(200);
    await select();
    expect(await new Journal().balances(pot.database.read, fund.fundId)).toMatchObject({ held: 0n });
    expect((await all("select sealed from aid_request where fund_id = $1", [fund.fundId]))[0].sealed).toBeNull();
  });
});

describe("the desk", () => {
  test("is closed to whoever has no session, has one of another fund, or comes from another site", async () => {
    const other = await openFund(pot, `other-${made}`);
    const ana = await person(pot, other.slug, "Ana");
    const cookie = (ana as unknown as { cookie: string }).cookie;
    const tryPost = (slug: string, headers: Record<string, string>) =>
      pot.app.inject({
        method: "POST",
        url: `/api/v1/funds/${slug}/payouts`,
        headers: { "content-type": "application/json", "idempotency-key": newToken(), ...headers },
        payload: JSON.stringify({ disbursement: newId() }),
      });
    expect((await tryPost(fund.slug, { "sec-fetch-site": "same-origin" })).statusCode).toBe(401);
    expect((await tryPost(fund.slug, { "sec-fetch-site": "same-origin", cookie })).statusCode).toBe(401);
    expect((await tryPost(other.slug, { "sec-fetch-site": "cross-site", cookie })).statusCode).toBe(403);
    expect((await tryPost(other.slug, { "sec-fetch-site": "same-site", cookie })).statusCode).toBe(403);
    expect((await tryPost(other.slug, { cookie })).statusCode).toBe(403);
    expect((await tryPost(other.slug, { cookie, origin: pot.origin })).statusCode).toBe(404);
    const page = await pot.app.inject({ method: "GET", url: `/${fund.slug}/desk`, headers: { cookie } });
    expect(page.body).toContain("Sign in with your passkey");
  });

  test("asks for an Idempotency-Key on every act", async () => {
    const ana = await person(pot, fund.slug, "Ana");
    await expect(ana.post("payouts", { disbursement: newId() }, "")).rejects.toThrow("key-missing");
  });
});
