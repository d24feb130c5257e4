import { audit } from "../../src/cli/audit/run.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { HandEntries } from "../../src/holdings/hand-entries.service.js";
import { newToken } from "../../src/kernel/ids.js";
import type { PersonAtDesk } from "../../src/sandbox/person-at-desk.js";
import { Decisions } from "../../src/treasurers/decisions.service.js";
import { Passkeys } from "../../src/treasurers/passkeys.service.js";
import { Sessions } from "../../src/treasurers/sessions.service.js";
import { bookGift } from "../support/builders.js";
import { ask, openFund, person, startCommonpot, until, type Commonpot } from "../support/commonpot.js";
import { Dice, Walk } from "../support/insider.js";

jest.setTimeout(3_600_000);

/** 2,000 here; `INSIDER_STEPS=10000` is the whole. Another seed walks another way: `INSIDER_SEED=7`. */
const STEPS = Number(process.env["INSIDER_STEPS"] ?? 2000);
const SEED = Number(process.env["INSIDER_SEED"] ?? 1);
const CHECK_EVERY = 50;

let pot: Commonpot;
let made = 0;

beforeAll(async () => {
  pot = await startCommonpot();
});
afterAll(() => pot.close());

interface World {
  readonly fund: Fund;
  readonly honest: readonly string[];
  readonly insiders: readonly string[];
  readonly desks: ReadonlyMap<string, PersonAtDesk>;
  /** What honest people signed or entered, so that an insider's word may be the last one. */
  readonly allowed: { readonly disbursements: readonly string[]; readonly decisions: readonly string[]; readonly entries: readonly string[] }; // prettier-ignore
}

const all = async (sql: string, values: unknown[]): Promise<any[]> =>
  (await (await pot.db.as("owner")).query(sql, values)).rows;

/** A fund with money, a line, something signed by everybody, something by one honest treasurer, and something by nobody. */
async function world(names: readonly string[], insiders: readonly string[], quorum: number): Promise<World> {
  const fund = await openFund(pot, `insider-${++made}`, { quorum, envelopePerWeek: 900_000n, publication: { clock: "ten-seconds", k: 3 } }, "usd", names); // prettier-ignore
  const honest = names.filter((name) => !insiders.includes(name));
  const desks = new Map(await Promise.all(names.map(async (name) => [name, await person(pot, fund.slug, name)] as const))); // prettier-ignore
  for (let i = 0; i < 3; i++) await bookGift(pot.database, fund, 4000n, `gift-${made}-${i}`);
  // The ninth is more than there is, and the others wait behind it.
  for (let i = 0; i < 8; i++) await ask(pot, fund.slug, 1000 + i, { noCode: true });
  for (const amount of [40_000, 500, 600, 700]) await ask(pot, fund.slug, amount);
  const proposed = (): Promise<any[]> => all("select disbursement_id as id from disbursement where fund_id = $1 and state = 'proposed' order by amount", [fund.fundId]); // prettier-ignore
  await until("eight are next", async () => (await proposed()).length === 8);
  const list = (await proposed()).map((d) => d.id as string);
  // One whole and paid, so that the waiting times have begun; three that miss one signature; four that nobody signed.
  for (const name of names.slice(0, quorum)) await desks.get(name)!.approve(list.slice(0, 1));
  await desks.get(names[0]!)!.take(list[0]!);
  await desks.get(names[0]!)!.sent(list[0]!, "cash", "assets:bank");
  for (const name of honest.slice(0, quorum - 1)) await desks.get(name)!.approve(list.slice(1, 4));
  const ana = desks.get(honest[0]!)!;
  const { id } = await ana.post<{ id: string }>("hand-entries", { what: "gift", amount: 500, holding: "assets:bank" });
  await ana.form("desk/line", { key: newToken(), act: "pause", until: new Date(Date.now() + 4 * 86_400_000).toISOString().slice(0, 10) }); // prettier-ignore
  const [{ decision }] = await all("select decision_id as decision from joint_decision where fund_id = $1", [fund.fundId]); // prettier-ignore
  for (const name of honest.slice(0, quorum - 1)) await desks.get(name)!.decide(decision);
  return { fund, honest, insiders, desks, allowed: { disbursements: list.slice(0, 4), decisions: [decision], entries: [id] } }; // prettier-ignore
}

/** What must never be: each line a sentence. Asked of the database alone. */
async function violations({ fund, insiders, allowed }: World, quorum: number): Promise<string[]> {
  const found = await all(
    `with bad as (select treasurer_id from treasurer where fund_id = $1 and name = any ($2))
     select 'money was promised that nobody else signed for' as says from disbursement d where d.fund_id = $1 and d.state in ('approved', 'paid') and d.disbursement_id <> all ($3)
     union all select 'money was promised with too few signatures' from disbursement d where d.fund_id = $1 and d.state in ('approved', 'paid')
       and (select count(distinct a.treasurer_id) from approval a join signed_statement s on s.fund_id = a.fund_id and s.statement_id = a.statement_id and s.treasurer_id = a.treasurer_id where a.fund_id = d.fund_id and a.disbursement_id = d.disbursement_id and a.commitment = d.commitment) < $6
     union all select 'something was decided that nobody else signed' from joint_decision where fund_id = $1 and state = 'decided' and decision_id <> all ($4)
     union all select 'the rules changed' from charter where fund_id = $1 and version > 1
     union all select 'the seats changed' from roster where fund_id = $1 and version > 1
     union all select 'somebody was put out of their seat' from treasurer where fund_id = $1 and left_day is not null
     union all select 'an entry of an insider alone was booked' from hand_entry where fund_id = $1 and state = 'booked' and entered_by in (select * from bad) and confirmed_by in (select * from bad) and cardinality($2::text[]) = 1
     union all select 'an entry was booked that nobody else knew' from hand_entry where fund_id = $1 and state = 'booked' and cardinality($2::text[]) = 1 and entry_id <> all ($5)
     union all select 'money was booked that no decision stands behind' from (select count(*) as booked from transaction where fund_id = $1 and kind in ('payout', 'refund', 'reimbursement', 'transfer-out', 'deposit')) t
       where t.booked > (select count(*) from disbursement where fund_id = $1 and state = 'paid') + (select count(*) from hand_entry where fund_id = $1 and state = 'booked')
     union all select 'a refund was ordered' from refund_order where fund_id = $1`,
    [fund.fundId, insiders, allowed.disbursements, allowed.decisions, allowed.entries, quorum],
  );
  return [...new Set(found.map((row) => row.says as string))];
}

/** Walks until something is wrong, or to the end. */
async function walked(
  one: World,
  quorum: number,
  steps: number,
  seed: number,
): Promise<{ wrong: string[]; done: ReadonlyMap<string, number> }> {
  // prettier-ignore
  const walk = new Walk(
    pot,
    one.fund,
    one.insiders.map((name) => ({ name, desk: one.desks.get(name)! })),
    new Dice(seed),
    0.35,
  );
  // Whoever has the database has every signature that was ever made here.
  walk.overhear((await all("select assertion from signed_statement where fund_id = $1", [one.fund.fundId])).map((s) => s.assertion as object)); // prettier-ignore
  for (let step = 0; step < steps; step++) {
    await walk.step(step);
    if (step % CHECK_EVERY !== CHECK_EVERY - 1) continue;
    const wrong = await violations(one, quorum);
    if (wrong.length > 0) return { wrong, done: walk.done };
  }
  return { wrong: await violations(one, quorum), done: walk.done };
}

test(`one malicious treasurer of three, ${STEPS} acts at random: no money moves and no rule weakens`, async () => {
  const one = await world(["Ana", "Ben", "Chris"], ["Chris"], 2);
  const { wrong, done } = await walked(one, 2, STEPS, SEED);
  process.stdout.write(`seed ${SEED}: ${[...done].map(([act, n]) => `${act} ${n}`).join(", ")}\n`);
  expect(wrong).toEqual([]);
  // The walk did get somewhere: what one alone may do, happened.
  for (const act of ["approve", "decide", "enter by hand", "confirm an entry", "charter", "out of turn", "take"]) expect([act, done.get(act) ?? 0]).not.toEqual([act, 0]); // prettier-ignore
  expect((await pot.database.atomically((tx) => audit(tx))).filter((f) => f.violations > 0)).toEqual([]);
});

test(`two who collude under three of five, ${STEPS} acts: no money moves and no rule weakens`, async () => {
  const one = await world(["Ana", "Ben", "Chris", "Dora", "Eli"], ["Dora", "Eli"], 3);
  expect((await walked(one, 3, STEPS, SEED + 1)).wrong).toEqual([]);
});

test("in the same harness an honest quorum reaches what it is there for", async () => {
  const one = await world(["Ana", "Ben", "Chris"], ["Ana", "Ben"], 2);
  const people = one.insiders.map((name) => ({ name, desk: one.desks.get(name)! }));
  const walk = new Walk(pot, one.fund, people, new Dice(SEED + 2), 0);
  const reached = async (): Promise<string[]> =>
    (
      await all(
        `select distinct kind as x from joint_decision where fund_id = $1 and state = 'decided' union select 'paid' from disbursement where fund_id = $1 and state = 'paid' and amount > 1000
         union select 'entry ' || what from hand_entry where fund_id = $1 and state = 'booked' union select 'rules in force' from charter where fund_id = $1 and version > 1`,
        [one.fund.fundId],
      )
    ).map((row) => row.x as string);
  const wanted = ["pause-asking", "out-of-turn", "legal-hold", "another-code", "charter", "paid", "entry gift", "entry custody", "rules in force"]; // prettier-ignore
  for (let step = 0; step < 3000; step++) {
    await walk.step(step);
    if (step % 100 !== 99) continue;
    const now = await reached();
    if (wanted.every((what) => now.includes(what))) break;
  }
  const now = await reached();
  expect(wanted.filter((what) => !now.includes(what))).toEqual([]);
});

/** Puts something in a method's place; what comes back puts the method back. */
function replaced(
  prototype: object,
  name: string,
  make: (before: (...given: any[]) => any) => unknown,
): () => Promise<void> {
  // prettier-ignore
  const methods = prototype as Record<string, any>;
  const before = methods[name] as (...given: any[]) => any;
  methods[name] = make(before);
  return () => Promise.resolve(void (methods[name] = before));
}
const idOf = async (one: World, name: string): Promise<string> =>
  (await all("select treasurer_id as id from treasurer where fund_id = $1 and name = $2", [one.fund.fundId, name]))[0].id; // prettier-ignore

/** A guard that is taken out, and how it is put back. */
const GUARDS: readonly (readonly [name: string, takeOut: (one: World) => Promise<() => Promise<unknown>>])[] = [
  [
    "that decisions need several",
    async () => {
      // The database knows it too.
      const owner = await pot.db.as("owner");
      await owner.query("alter table joint_decision drop constraint joint_decision_needed_check");
      return replaced(Decisions.prototype, "needed", () => () => Promise.resolve(1));
    },
  ],
  [
    "that a session is its treasurer's, and a signature too",
    async (one) => {
      const others = await Promise.all(["Ana", "Ben", "Chris"].map((name) => idOf(one, name)));
      let turn = 0;
      let treasurerId = "";
      const sessions = replaced(Sessions.prototype, "require", (before) => async function (this: Sessions, ...given: unknown[]) {
        return { ...(await before.apply(this, given)), treasurerId: (treasurerId = others[turn++ % others.length]!) };
      }); // prettier-ignore
      const passkeys = replaced(Passkeys.prototype, "verify", () => async (tx: { query(sql: string, values: unknown[]): Promise<any[]> }) => {
        const [row] = await tx.query("select * from credential where treasurer_id = $1 limit 1", [treasurerId]);
        return { ...row, treasurerId };
      }); // prettier-ignore
      return () => Promise.all([sessions(), passkeys()]);
    },
  ],
  [
    "that an entry by hand takes two",
    async (one) => {
      const ana = await idOf(one, "Ana");
      return replaced(HandEntries.prototype, "confirm", (before) => function (this: HandEntries, tx: unknown, fund: unknown, _me: unknown, entryId: unknown) {
        return before.call(this, tx, fund, ana, entryId);
      }); // prettier-ignore
    },
  ],
  [
    "that the quorum is two",
    async (one) => {
      const superuser = await pot.db.as("superuser");
      await superuser.query("alter table charter disable trigger user");
      await superuser.query("update charter set charter = jsonb_set(charter, '{quorum}', '1') where fund_id = $1", [one.fund.fundId]); // prettier-ignore
      const { rows } = await superuser.query<{ name: string }>("select tgname as name from pg_trigger where tgrelid = 'charter'::regclass and not tgisinternal"); // prettier-ignore
      for (const { name } of rows) await superuser.query(`alter table charter enable always trigger ${name}`);
      return () => Promise.resolve();
    },
  ],
];

test.each(GUARDS)("the walk finds it when this guard is taken out: %s", async (_name, takeOut) => {
  const one = await world(["Ana", "Ben", "Chris"], ["Chris"], 2);
  const putBack = await takeOut(one);
  try {
    expect((await walked(one, 2, 2000, SEED + 3)).wrong).not.toEqual([]);
  } finally {
    await putBack();
  }
});
