import { createHash, randomBytes } from "node:crypto";
import type pg from "pg";
import { audit } from "../../src/cli/audit/run.js";
import { Selections } from "../../src/disbursements/selection.service.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { newToken } from "../../src/kernel/ids.js";
import { commitmentTo } from "../../src/publication/commitment.js";
import { ReleaseCheck } from "../../src/release-check.js";
import { seal } from "../../src/requests/sealing.js";
import { practiceTreasurer } from "../../src/sandbox/practice-treasurers.js";
import { signWithSoftwarePasskey } from "../../src/treasurers/software-passkey.js";
import { challengeFor } from "../../src/treasurers/statement.js";
import { bookGift } from "../support/builders.js";
import { ask, openFund, person, startCommonpot, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(240_000);

/*
 * Whoever has the whole database, all triggers off, tries to have a payout released that the quorum did not sign: the worker releases none of them, and the audit names what it can see.
 */
let pot: Commonpot;
let fund: Fund;
let other: Fund;
let superuser: pg.Client;
/** Signed by Ana and Ben, signed by Ana alone, and another one that both signed. */
let whole: string;
let half: string;
let second: string;

beforeAll(async () => {
  pot = await startCommonpot({ worker: false });
  fund = await openFund(pot, "forged");
  other = await openFund(pot, "elsewhere");
  superuser = await pot.db.as("superuser");
  for (const one of [fund, other]) await bookGift(pot.database, one, 100_000n, `gift-${one.slug}`);
  for (const amount of [1000, 2000, 3000]) await ask(pot, fund.slug, amount);
  await ask(pot, other.slug, 1000);
  for (const one of [fund, other]) await pot.database.atomically((tx) => pot.app.get(Selections).run(tx, one));
  [whole, half, second] = (
    await superuser.query("select disbursement_id as id from disbursement where fund_id = $1 order by amount", [
      fund.fundId,
    ])
  ).rows.map((d: { id: string }) => d.id) as [string, string, string];
  const ana = await person(pot, fund.slug, "Ana");
  const ben = await person(pot, fund.slug, "Ben");
  await ana.approve([whole, half]);
  await ben.approve([whole]);
  await ana.approve([second]);
  await ben.approve([second]);
  const elsewhere = (await superuser.query("select disbursement_id as id from disbursement where fund_id = $1", [other.fundId])).rows[0].id; // prettier-ignore
  await (await person(pot, other.slug, "Ana")).approve([elsewhere]);
});
afterAll(() => pot.close());

const TABLES = ["approval", "signed_statement", "disbursement", "aid_request", "charter", "roster", "treasurer", "credential", "submission", "joint_decision", "release"]; // prettier-ignore
const idOf = (name: string): string =>
  `(select treasurer_id from treasurer where fund_id = '${fund.fundId}' and name = '${name}')`;
const of = (kind: string): string => `fund_id = '${fund.fundId}' and entry ->> 'kind' = '${kind}'`;
const statementOf = (name: string, id: string): string => `(select a.statement_id from approval a where a.fund_id = '${fund.fundId}' and a.disbursement_id = '${id}' and a.treasurer_id = ${idOf(name)})`; // prettier-ignore
/** A copy of a signed statement, with something of it changed. */
const copied = (from: string, changes: { treasurer?: string; statement?: string; assertion?: string; purpose?: string }): string =>
  `insert into signed_statement select fund_id, '00000000-0000-4000-8000-000000000001', ${changes.treasurer ?? "treasurer_id"}, ${changes.purpose ?? "purpose"}, ${changes.statement ?? "statement"}, nonce || 'x', ${changes.assertion ?? "assertion"}, day from signed_statement where statement_id = ${from}`; // prettier-ignore
const NEW = "'00000000-0000-4000-8000-000000000001'";
const yesTo = (id: string, treasurer: string, statement: string): string =>
  `insert into approval select fund_id, disbursement_id, ${treasurer}, ${statement}, commitment from disbursement where disbursement_id = '${id}'`;
/** What only Ana signed is called approved. */
const halfIsApproved = (): string =>
  `update disbursement set state = 'approved' where disbursement_id = '${half}'; update aid_request set state = 'approved' where request_id = (select request_id from disbursement where disbursement_id = '${half}')`;

/** Runs the forgery, and what the worker and the audit make of it; nothing stays. */
async function forged(sql: readonly string[]): Promise<{ released: string[]; audited: string[] }> {
  await superuser.query("begin");
  try {
    for (const table of TABLES) await superuser.query(`alter table ${table} disable trigger user`);
    for (const statement of sql) await superuser.query(statement);
    // Both read with TypeORM's manager alone: `query` is all that they need.
    const tx = {
      query: async (text: string, values?: unknown[]) =>
        text.startsWith("set transaction") ? [] : (await superuser.query(text, values)).rows,
    };
    await pot.app.get(ReleaseCheck).run(tx as never, fund);
    const released = (await superuser.query("select disbursement_id as id from release where fund_id = $1", [fund.fundId])).rows.map((r: { id: string }) => r.id); // prettier-ignore
    // Number 12 is that guards sleep, which is this test's own doing.
    const findings = await audit(tx as never);
    return { released, audited: findings.filter((f) => f.violations > 0 && f.number !== 12).map((f) => f.says) };
  } finally {
    await superuser.query("rollback");
  }
}

test("what Ana and Ben signed is released, and the audit finds nothing", async () => {
  const { released, audited } = await forged([]);
  expect([released.sort(), audited]).toEqual([[whole, second].sort(), []]);
});

/** `whole` alone is looked at, unless the forgery is about `half`. */
const FORGERIES: [string, () => string[] | Promise<string[]>, { audit?: false }?][] = [
  ["an approval that only one signed", () => [halfIsApproved()]],
  ["an approval taken away", () => [`delete from approval where disbursement_id = '${whole}' and treasurer_id = ${idOf("Ben")}`]],
  ["Ana's statement counted for Ben", () => [halfIsApproved(), yesTo(half, idOf("Ben"), statementOf("Ana", half))]],
  ["Ana's signature under Ben's name", () => [halfIsApproved(), copied(statementOf("Ana", half), { treasurer: idOf("Ben") }), yesTo(half, idOf("Ben"), NEW)]],
  ["Ben's signature of another list", () => [halfIsApproved(), yesTo(half, idOf("Ben"), statementOf("Ben", whole))]],
  ["Ben's words with another commitment put in", () => [halfIsApproved(), copied(statementOf("Ben", whole), { statement: `replace(statement, (select encode(commitment, 'hex') from disbursement where disbursement_id = '${whole}'), (select encode(commitment, 'hex') from disbursement where disbursement_id = '${half}'))` }), yesTo(half, idOf("Ben"), NEW)]],
  ["a statement that says a lower quorum", () => [`update signed_statement set statement = replace(statement, '"quorum":2', '"quorum":1') where statement_id = ${statementOf("Ana", whole)}`]],
  ["a statement of another fund", () => [halfIsApproved(), `insert into signed_statement select '${fund.fundId}', ${NEW}, ${idOf("Ben")}, purpose, statement, nonce || 'x', assertion, day from signed_statement where fund_id = '${other.fundId}' and purpose = 'approve'`, yesTo(half, idOf("Ben"), NEW)]],
  ["the genesis signature used as an approval", () => [halfIsApproved(), copied(`(select statement_id from signed_statement where fund_id = '${fund.fundId}' and purpose = 'genesis' and treasurer_id = ${idOf("Ben")} limit 1)`, { purpose: "'approve'" }), yesTo(half, idOf("Ben"), NEW)]],
  ["a signature over the right words for another purpose", async () => {
    const { rows } = await superuser.query(`select statement from signed_statement where statement_id = ${statementOf("Ana", half)}`);
    const text = (rows[0] as { statement: string }).statement;
    const challenge = Buffer.from(await challengeFor("login", text)).toString("base64url");
    const response = await signWithSoftwarePasskey((await practiceTreasurer("Ben")).passkey, challenge, pot.origin);
    return [halfIsApproved(), copied(statementOf("Ana", half), { treasurer: idOf("Ben"), assertion: `'${JSON.stringify(response)}'::jsonb` }), yesTo(half, idOf("Ben"), NEW)];
  }],
  ["a signature from another website", async () => {
    const { rows } = await superuser.query(`select statement from signed_statement where statement_id = ${statementOf("Ana", half)}`);
    const text = (rows[0] as { statement: string }).statement.replace(/"nonce":"[^"]+"/, `"nonce":"${newToken()}"`);
    const challenge = Buffer.from(await challengeFor("approve", text)).toString("base64url");
    const response = await signWithSoftwarePasskey((await practiceTreasurer("Ben")).passkey, challenge, "https://evil.example");
    return [halfIsApproved(), copied(statementOf("Ana", half), { treasurer: idOf("Ben"), statement: `'${text}'`, assertion: `'${JSON.stringify(response)}'::jsonb` }), yesTo(half, idOf("Ben"), NEW)];
  }],
  ["a signature with a byte changed", () => [`update signed_statement set assertion = jsonb_set(assertion, '{response,signature}', to_jsonb(replace(assertion -> 'response' ->> 'signature', 'M', 'N'))) where statement_id = ${statementOf("Ben", whole)}`]],
  ["authenticator data with a byte changed", () => [`update signed_statement set assertion = jsonb_set(assertion, '{response,authenticatorData}', to_jsonb(reverse(assertion -> 'response' ->> 'authenticatorData'))) where statement_id = ${statementOf("Ben", whole)}`]],
  ["a larger amount", () => [`update disbursement set amount = amount + 1 where disbursement_id = '${whole}'`]],
  ["a larger amount with a commitment that fits it", () => amountWithCommitment()],
  ["a larger amount, its commitment also in the approvals", async () => [...(await amountWithCommitment()), `update approval a set commitment = d.commitment from disbursement d where d.fund_id = a.fund_id and d.disbursement_id = a.disbursement_id and a.disbursement_id = '${whole}'`]],
  ["another kind of help", () => [`update disbursement set category = 'rent' where disbursement_id = '${whole}'`]],
  ["another way to be paid", async () => [`update aid_request set sealed = '${await elsewhere()}' where request_id = (select request_id from disbursement where disbursement_id = '${whole}')`]],
  ["another way to be paid, and its hash", async () => {
    const sealed = await elsewhere();
    const hash = createHash("sha256").update(sealed).digest("hex");
    return [`update aid_request set sealed = '${sealed}', sealed_hash = decode('${hash}', 'hex') where request_id = (select request_id from disbursement where disbursement_id = '${whole}')`, `update disbursement set sealed_hash = decode('${hash}', 'hex') where disbursement_id = '${whole}'`];
  }],
  ["another person's request behind it", () => [`update disbursement set request_id = null where disbursement_id = '${half}'`, `update disbursement set request_id = (select request_id from aid_request where fund_id = '${fund.fundId}' and amount = 2000) where disbursement_id = '${whole}'`], { audit: false }],
  ["no salt", () => [`update disbursement set salt = null where disbursement_id = '${whole}'`]],
  ["a charter with a lower quorum", () => [halfIsApproved(), `update charter set charter = jsonb_set(charter, '{quorum}', '1') where fund_id = '${fund.fundId}'`]],
  ["a lower quorum, also in what the log is told", () => [halfIsApproved(), `update charter set charter = jsonb_set(charter, '{quorum}', '1') where fund_id = '${fund.fundId}'`, `update submission set entry = jsonb_set(entry, '{quorum}', '1') where ${of("charter")}`]],
  ["a lower quorum everywhere", () => [halfIsApproved(), `update charter set charter = jsonb_set(charter, '{quorum}', '1') where fund_id = '${fund.fundId}'`, `update submission set entry = jsonb_set(entry, '{quorum}', '1') where ${of("charter")}`, `update submission set entry = jsonb_set(entry, '{roster,quorum}', '1') where ${of("roster")}`]],
  ["a second charter that nobody decided", () => [halfIsApproved(), `insert into submission (fund_id, submission_id, entry, waits) select fund_id, gen_random_uuid(), entry || '{"version":2,"quorum":1}', false from submission where ${of("charter")}`]],
  ["a second roster that nobody decided", () => [halfIsApproved(), `insert into submission (fund_id, submission_id, entry, waits) select fund_id, gen_random_uuid(), entry || '{"version":2}', false from submission where ${of("roster")}`]],
  ["a change that nobody signed", () => [halfIsApproved(), `insert into submission (fund_id, submission_id, entry, waits) select fund_id, gen_random_uuid(), jsonb_build_object('v', 1, 'kind', 'change', 'signatures', entry -> 'signatures'), false from submission where ${of("genesis")}`]],
  ["somebody more in the roster that the log is told", async () => [halfIsApproved(), `update submission set entry = jsonb_set(entry, '{roster,seats}', entry -> 'roster' -> 'seats' || '${JSON.stringify([await evesSeat()])}'::jsonb) where ${of("roster")}`]],
  ["somebody more at the desk, with her own good signature", async () => {
    const { rows } = await superuser.query(`select statement from signed_statement where statement_id = ${statementOf("Ana", half)}`);
    const text = (rows[0] as { statement: string }).statement.replace(/"nonce":"[^"]+"/, `"nonce":"${newToken()}"`);
    const challenge = Buffer.from(await challengeFor("approve", text)).toString("base64url");
    const eve = await practiceTreasurer("Eve");
    const response = await signWithSoftwarePasskey(eve.passkey, challenge, pot.origin);
    const id = "00000000-0000-4000-8000-00000000000e";
    return [halfIsApproved(), `insert into treasurer (fund_id, treasurer_id, name, recipient, joined_day) values ('${fund.fundId}', '${id}', 'Eve', '${eve.recipient}', current_date)`, `insert into credential select fund_id, '${eve.passkey.credentialId}', '${id}', decode('${eve.publicKey.toString("hex")}', 'hex'), 0, true, wrapped_identity, wrapped_by from credential where fund_id = '${fund.fundId}' limit 1`, copied(statementOf("Ana", half), { treasurer: `'${id}'`, statement: `'${text}'`, assertion: `'${JSON.stringify(response)}'::jsonb` }), yesTo(half, `'${id}'`, NEW)];
  }],
  ["Ben's key replaced by a thief's", async () => [`update submission set entry = replace(entry::text, (select rtrim(translate(replace(encode(public_key, 'base64'), E'\\n', ''), '+/', '-_'), '=') from credential where fund_id = '${fund.fundId}' and treasurer_id = ${idOf("Ben")}), '${(await practiceTreasurer("Eve")).publicKey.toString("base64url")}')::jsonb where ${of("roster")}`]],
  ["a genesis without one of its signatures", () => [`update submission set entry = jsonb_set(entry, '{signatures}', (entry -> 'signatures') - 0) where ${of("genesis")}`]],
  ["no genesis at all", () => [`delete from submission where ${of("genesis")}`]],
  ["another website in the roster", () => [`update submission set entry = jsonb_set(entry, '{roster,origins}', '["https://evil.example"]') where ${of("roster")}`]],
]; // prettier-ignore

async function elsewhere(): Promise<string> {
  return seal('{"language":"en","payTo":{"rail":"cash","to":"Eve"}}', [(await practiceTreasurer("Ana")).recipient]);
}
async function evesSeat(): Promise<object> {
  const eve = await practiceTreasurer("Eve");
  return { treasurer: "00000000-0000-4000-8000-00000000000e", recipient: eve.recipient, keys: [{ credential: eve.passkey.credentialId, publicKey: eve.publicKey.toString("base64url") }] }; // prettier-ignore
}
async function amountWithCommitment(): Promise<string[]> {
  const { rows } = await superuser.query("select category, sealed_hash from disbursement where disbursement_id = $1", [whole]); // prettier-ignore
  const { category, sealed_hash } = rows[0] as { category: string; sealed_hash: Buffer };
  const salt = randomBytes(32);
  const commitment = commitmentTo(salt, {
    amount: 90_000,
    currency: "usd",
    category,
    sealed: sealed_hash.toString("hex"),
  });
  return [
    `update disbursement set amount = 90000, salt = decode('${salt.toString("hex")}', 'hex'), commitment = decode('${commitment}', 'hex') where disbursement_id = '${whole}'`,
  ];
}

test.each(FORGERIES)("%s is not released", async (_what, sql, { audit: seen } = {}) => {
  const statements = await sql();
  const about = statements.join(" ").includes(half) && statements[0] === halfIsApproved() ? half : whole;
  const { released, audited } = await forged(statements);
  expect(released).not.toContain(about);
  if (seen !== false) expect(audited.length).toBeGreaterThan(0);
});

test("without the check in the worker, each of the forgeries would be paid: the database cannot tell", async () => {
  await superuser.query("begin");
  await superuser.query("alter table disbursement disable trigger user");
  await superuser.query(halfIsApproved());
  const insert = `insert into payout (fund_id, payout_id, disbursement_id, attempt, state, payer, lease_until) select fund_id, gen_random_uuid(), disbursement_id, 1, 'leased', gen_random_uuid(), now() from disbursement where disbursement_id = '${half}'`;
  await superuser.query("savepoint before");
  await expect(superuser.query(insert)).rejects.toThrow("nobody has checked the signatures");
  await superuser.query("rollback to before");
  await superuser.query("alter table payout disable trigger payout_is_released");
  expect((await superuser.query(insert)).rowCount).toBe(1);
  await superuser.query("rollback");
  await expect((await pot.db.as("app")).query("insert into release select fund_id, disbursement_id, current_date from disbursement limit 1")).rejects.toThrow("permission denied"); // prettier-ignore
});
