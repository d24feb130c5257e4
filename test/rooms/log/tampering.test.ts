import { canonicalJson, type Json } from "../../../src/kernel/canonical-json.js";
import { HandClock } from "../../../src/kernel/clock.js";
import { audit } from "../../../src/cli/audit/run.js";
import type { Fund } from "../../../src/funds/funds.service.js";
import { Database } from "../../../src/platform/database/database.js";
import { ENTITIES } from "../../../src/entities.js";
import { FundClock } from "../../../src/fund-clock.js";
import type { Entry, MoneyEntry } from "../../../src/publication/entry.js";
import { formatCheckpoint } from "../../../src/tlog/checkpoint.js";
import { extend } from "../../../src/tlog/log.js";
import { LogReads } from "../../../src/tlog/log-reads.service.js";
import { EMPTY_RANGE } from "../../../src/tlog/merkle.js";
import { formatNote, formatVerifierKey, sign, signingKey } from "../../../src/tlog/note.js";
import { encodeBundle, encodeTile, tilePath } from "../../../src/tlog/tile.js";
import { verify, type Fetch, type Seen } from "../../../src/verify/verify.js";
import { bookGift } from "../../support/builders.js";
import { ask, openFund, payEverybody, startCommonpot, type Commonpot } from "../../support/commonpot.js";

jest.setTimeout(180_000);

let pot: Commonpot;
let fund: Fund;
let worker: Database;
/** The honest log's entries: gifts, approvals, payouts, the line. */
let honest: Entry[];
const clock = new HandClock(new Date());

const ORIGIN = "x.test/log";
const key = signingKey(ORIGIN, new Uint8Array(32).fill(3));

/** A log of any entries under a valid signature: what its operator could show to somebody without memory. */
function served(entries: readonly (Entry | Uint8Array)[], by = key): Map<string, Uint8Array> {
  const bodies = entries.map((e) =>
    e instanceof Uint8Array ? e : new TextEncoder().encode(canonicalJson(e as unknown as Json)),
  );
  const { hashes, root } = extend(EMPTY_RANGE, bodies);
  const text = formatCheckpoint({ origin: ORIGIN, size: bodies.length, root });
  const tile = { index: 0, width: bodies.length };
  return new Map([
    ["checkpoint", new TextEncoder().encode(formatNote({ text, signatures: [sign(text, by)] }))],
    [tilePath({ ...tile, level: 0 }), encodeTile(hashes)],
    [tilePath({ ...tile, level: "entries" }), encodeBundle(bodies)],
  ]);
}
const fetchFrom =
  (files: ReadonlyMap<string, Uint8Array>): Fetch =>
  (path) =>
    Promise.resolve(files.get(path) ?? null);
async function alarms(files: ReadonlyMap<string, Uint8Array>, seen: readonly Seen[] = []): Promise<string[]> {
  const { findings } = await verify(fetchFrom(files), { vkeys: [formatVerifierKey(key)], seen });
  return findings.filter((f) => f.level === "alarm").map((f) => f.code);
}
const of = <T extends Entry>(kind: T["kind"]): { index: number; entry: T } => {
  const index = honest.findIndex((e) => e.kind === kind);
  return { index, entry: honest[index] as T };
};
const replaced = (index: number, entry: Entry | Uint8Array): (Entry | Uint8Array)[] =>
  honest.map((e, i) => (i === index ? entry : e));
const changed = (kind: Entry["kind"], change: (entry: any) => unknown): Map<string, Uint8Array> => {
  const { index, entry } = of(kind);
  return served(replaced(index, change(structuredClone(entry)) as Entry));
};

beforeAll(async () => {
  pot = await startCommonpot({ worker: false, clock });
  worker = await Database.connect(pot.db.urls.worker, ENTITIES, 4);
  fund = await openFund(pot, "tampered");
  const tick = async (): Promise<void> => {
    clock.set(new Date(clock.now().getTime() + 10_000));
    await pot.app.get(FundClock).run(worker, fund);
  };
  for (let i = 0; i < 6; i++) await bookGift(pot.database, fund, 10_000n, `t${i}`);
  for (let i = 0; i < 6; i++) await ask(pot, fund.slug, 1000 + i);
  await tick();
  await payEverybody(pot, fund);
  await tick();
  const log = (await new LogReads(pot.database).published(fund.fundId))!;
  const bodies = await new LogReads(pot.database).bodies(fund.fundId, 0, log.size);
  honest = bodies.map((b) => JSON.parse(b.toString()) as Entry);
});
afterAll(async () => {
  await worker.close();
  await pot.close();
});

test("the honest log raises no alarm, and has what is tampered with below", async () => {
  expect(await alarms(served(honest))).toEqual([]);
  expect(new Set(honest.map((e) => e.kind))).toEqual(
    new Set(["genesis", "charter", "roster", "gifts", "available", "queue", "approval", "payouts", "confirmations"]),
  );
  expect(of<MoneyEntry>("payouts").entry).toMatchObject({ count: 6 });
  expect(of<MoneyEntry>("payouts").entry.approvals).toHaveLength(2);
});

const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((b, i) => (i === at ? b ^ 1 : b));
const withFile =
  (path: (size: number) => string, change: (bytes: Uint8Array) => Uint8Array | null) => (): Map<string, Uint8Array> => {
    const files = served(honest);
    const name = path(honest.length);
    const bytes = change(files.get(name)!);
    if (bytes === null) files.delete(name);
    else files.set(name, bytes);
    return files;
  };
const tile0 = (size: number): string => tilePath({ level: 0, index: 0, width: size });
const bundle0 = (size: number): string => tilePath({ level: "entries", index: 0, width: size });
const amounts = (sum: number) => ({
  sum,
  postings: [
    { account: "assets:holdings", amount: -sum },
    { account: "expenses:aid:other", amount: sum },
  ],
});

const TAMPERED: [string, string, () => Map<string, Uint8Array>][] = [
  ["a byte of a tile", "tile", withFile(tile0, (b) => flip(b, 40))],
  ["a tile that is cut off", "tile", withFile(tile0, (b) => b.slice(0, -1))],
  ["a missing tile", "missing", withFile(tile0, () => null)],
  ["a byte of a bundle", "root", withFile(bundle0, (b) => flip(b, 30))],
  ["a bundle that is cut off", "missing", withFile(bundle0, (b) => b.slice(0, -9))],
  ["a missing bundle", "missing", withFile(bundle0, () => null)],
  ["a byte of the checkpoint's root", "not-signed", withFile(() => "checkpoint", (b) => flip(b, 16))],
  ["a byte of its signature", "not-signed", withFile(() => "checkpoint", (b) => flip(b, b.length - 20))],
  ["a checkpoint of another log", "not-signed", () => served(honest, signingKey("y.test/log", new Uint8Array(32).fill(3)))],
  ["a checkpoint by another key", "not-signed", () => served(honest, signingKey(ORIGIN, new Uint8Array(32).fill(4)))],
  ["no checkpoint", "unreachable", withFile(() => "checkpoint", () => null)],
  ["swapped entries: an approval after its payouts", "approval", () => served([...honest.filter((e) => e.kind !== "approval"), ...honest.filter((e) => e.kind === "approval")])],
  ["a dropped approval", "approval", () => { const at = of("approval").index; return served(honest.map((e, i) => (i === at ? honest.find((x) => x.kind === "queue")! : e))); }],
  ["a payout batch that names one approval", "quorum", () => changed("payouts", (e) => ({ ...e, approvals: e.approvals.slice(0, 1) }))],
  ["a payout batch that names none", "quorum", () => changed("payouts", ({ approvals: _, ...e }) => e)],
  ["a payout batch that names a gift as its approval", "approval", () => changed("payouts", (e) => ({ ...e, approvals: [of("gifts").index, ...e.approvals.slice(1)].sort((a, b) => a - b) }))],
  ["an item that nobody approved", "quorum", () => changed("payouts", (e) => ({ ...e, commitments: [...e.commitments.slice(1), "f".repeat(64)].sort() }))],
  ["a forged signature", "approval", () => changed("approval", (e) => ({ ...e, assertion: { ...e.assertion, signature: of<any>("genesis").entry.signatures[0].assertion.signature } }))],
  ["a statement that was changed after signing", "approval", () => changed("approval", (e) => ({ ...e, statement: e.statement.replace('"quorum":2', '"quorum":1') }))],
  ["an approval by another treasurer's name", "approval", () => changed("approval", (e) => ({ ...e, treasurer: of<any>("roster").entry.roster.seats.find((s: any) => s.treasurer !== e.treasurer).treasurer }))],
  ["an approval of a stranger", "approval", () => changed("approval", (e) => ({ ...e, treasurer: "00000000-0000-4000-8000-000000000000" }))],
  ["one approval twice", "approval", () => { const { index, entry } = of("approval"); return served([...honest.slice(0, index + 1), entry, ...honest.slice(index + 2)]); }],
  ["an approval without the user's verification", "approval", () => changed("approval", (e) => ({ ...e, assertion: { ...e.assertion, authenticatorData: Buffer.from(flip(Buffer.from(e.assertion.authenticatorData, "base64url"), 32)).toString("base64url") } }))],
  ["an approval that is sealed though the charter publishes them", "approval", () => changed("approval", (e) => ({ v: 1, kind: "approval", day: e.day, digest: "a".repeat(64) }))],
  ["a single payout", "below-k", () => changed("payouts", (e) => ({ ...e, count: 1, commitments: e.commitments.slice(0, 1), ...amounts(1000) }))],
  ["a batch below the charter's k", "below-k", () => changed("payouts", (e) => ({ ...e, count: 4, commitments: e.commitments.slice(0, 4) }))],
  ["a wrong batch sum", "not-an-entry", () => changed("payouts", (e) => ({ ...e, sum: Number(e.sum) + 1 }))],
  ["postings out of balance", "not-an-entry", () => changed("gifts", (e) => ({ ...e, postings: e.postings.map((p: any, i: number) => (i === 0 ? { ...p, amount: Number(p.amount) + 1 } : p)) }))],
  ["an overdrawn decision", "overdrawn", () => changed("payouts", (e) => ({ ...e, ...amounts(999_999) }))],
  ["a name planted in an entry", "not-an-entry", () => changed("gifts", (e) => ({ ...e, donor: "Ana Example" }))],
  ["a phone number planted as an account", "not-an-entry", () => changed("payouts", (e) => ({ ...e, postings: [{ account: "expenses:aid:555-0100", amount: e.sum }, { account: "assets:holdings", amount: -e.sum }].sort((a, b) => (a.account < b.account ? -1 : 1)) }))],
  ["an hour planted in a day", "not-an-entry", () => changed("gifts", (e) => ({ ...e, day: `${e.day}T12` }))],
  ["a holding by name", "not-an-entry", () => changed("payouts", (e) => ({ ...e, postings: e.postings.map((p: any) => ({ ...p, account: p.account.replace("assets:holdings", "assets:venmo:ana") })) }))],
  ["a kind that nobody declared", "not-an-entry", () => changed("queue", (e) => ({ ...e, kind: "story" }))],
  ["JSON that is not canonical", "not-an-entry", () => served(replaced(of("gifts").index, new TextEncoder().encode(JSON.stringify(of("gifts").entry, null, 1))))],
  ["bytes that are no JSON", "not-an-entry", () => served(replaced(of("gifts").index, new Uint8Array([0xff, 0xfe])))],
  ["a number below k in the line", "small-cell", () => changed("queue", (e) => ({ ...e, waiting: 2 }))],
  ["a number below k of confirmations", "small-cell", () => changed("confirmations", (e) => ({ ...e, confirmed: 1 }))],
  ["a charter with a lower quorum than the signed one", "charter-order", () => changed("charter", (e) => ({ ...e, quorum: 1, hash: "0".repeat(64) }))],
  ["a lower quorum under the signed hash", "genesis", () => changed("charter", (e) => ({ ...e, quorum: 3 }))],
  ["a second charter that nobody agreed on", "charter-order", () => served([...honest, { ...of<any>("charter").entry, version: 2, quorum: 1 }])],
  ["a second roster that nobody agreed on", "roster-order", () => served([...honest, { ...of<any>("roster").entry, version: 2 }])],
  ["an invented treasurer", "genesis", () => changed("roster", (e) => ({ ...e, roster: { ...e.roster, seats: [...e.roster.seats, { ...e.roster.seats[0], treasurer: "00000000-0000-4000-8000-000000000000" }] } }))],
  ["an exchanged age key", "genesis", () => changed("roster", (e) => ({ ...e, roster: { ...e.roster, seats: e.roster.seats.map((s: any, i: number) => (i === 0 ? { ...s, recipient: e.roster.seats[1].recipient } : s)) } }))],
  ["a genesis that one seat did not sign", "genesis", () => changed("genesis", (e) => ({ ...e, signatures: e.signatures.slice(1) }))],
  ["a fund that begins twice", "genesis-twice", () => served([...honest, of("genesis").entry])],
  ["one approval paid out twice", "paid-twice", () => served([...honest, of("payouts").entry])],
  ["days that run backwards", "days", () => served([...honest, { ...of<any>("queue").entry, day: "2020-01-01" }])],
  ["money before any charter", "no-charter", () => served([of("gifts").entry, ...honest.filter((_, i) => i !== of("gifts").index)])],
  ["a key of another log", "key-name", () => served([...honest, { v: 1, kind: "key", day: of("queue").entry.day, vkey: formatVerifierKey(signingKey("y.test/log", new Uint8Array(32).fill(5))), state: "added" }])],
]; // prettier-ignore

test.each(TAMPERED)("%s is found (%s)", async (_what, code, files) => {
  expect(await alarms(files())).toContain(code);
});

describe("with memory", () => {
  const seenAt = (size: number): Seen => ({
    size,
    root: extend(
      EMPTY_RANGE,
      honest.slice(0, size).map((e) => new TextEncoder().encode(canonicalJson(e as unknown as Json))),
    ).root,
  });
  const rewritten = (): Map<string, Uint8Array> =>
    changed("gifts", (e) => ({ ...e, commitments: [...e.commitments.slice(1), "f".repeat(64)].sort() }));

  test("history that was rewritten and signed anew is found, and without memory it is not", async () => {
    expect(await alarms(rewritten())).toEqual([]);
    expect(await alarms(rewritten(), [seenAt(honest.length - 1)])).toContain("rewritten");
    expect(await alarms(served(honest), [seenAt(3), seenAt(honest.length)])).toEqual([]);
  });

  test("a log that became shorter is found", async () => {
    expect(await alarms(served(honest.slice(0, -1)), [seenAt(honest.length)])).toContain("shorter");
  });
});

describe("in the database, with the guards out of the way", () => {
  const violated = async (...sql: string[]): Promise<number[]> => {
    const superuser = await pot.db.as("superuser");
    await superuser.query("begin");
    try {
      await superuser.query("set local session_replication_role = replica");
      for (const table of [
        "log_entry",
        "log_node",
        "checkpoint",
        "batch_member",
        "log",
        "submission",
        "decision",
        "approval",
        "signed_statement",
        "treasurer",
        "transaction",
        "posting",
      ])
        await superuser.query(`alter table ${table} disable trigger user`);
      for (const statement of sql) await superuser.query(statement);
      // The audit reads with TypeORM's manager alone: `query` is all that it needs.
      const tx = {
        query: async (text: string, values?: unknown[]) =>
          text.startsWith("set transaction") ? [] : (await superuser.query(text, values)).rows,
      };
      const findings = await audit(tx as never);
      return [...new Set(findings.filter((f) => f.violations > 0 && f.number !== 12).map((f) => f.number))];
    } finally {
      await superuser.query("rollback");
    }
  };
  const BODY = "convert_from(body, 'UTF8')";
  test.each<[string, number[], string[]]>([
    ["nothing", [], []],
    [
      "an entry's bytes",
      [6],
      [`update log_entry set body = convert_to(replace(${BODY}, '"held":0', '"held":1'), 'UTF8') where kind = 'queue'`],
    ],
    [
      "an entry that is gone",
      [6],
      ["delete from log_entry where kind = 'queue' and idx = (select max(idx) from log_entry where kind = 'queue')"],
    ],
    [
      "an entry's hash and bytes together",
      [6],
      [
        `update log_entry set body = convert_to(replace(${BODY}, '"held":0', '"held":1'), 'UTF8') where kind = 'queue'`,
        "update log_entry set hash = sha256('\\x00'::bytea || body)",
      ],
    ],
    [
      "a transaction that is in no entry",
      [5],
      ["delete from batch_salt where seq = 1", "delete from batch_member where seq = 1"],
    ],
    [
      "a posting that was changed after publication",
      [1, 2, 5],
      [
        "update posting set amount = amount + 1 where seq = 1 and line = 1",
        "update posting set amount = amount - 1 where seq = 1 and line = 2",
      ],
    ],
    [
      "a commitment that was exchanged",
      [5],
      [
        "update batch_member set commitment = sha256('x') where seq = (select min(seq) from transaction where kind = 'payout')",
      ],
    ],
    ["a salt that does not open", [5], ["update batch_salt set salt = sha256('x') where seq = 1"]],
    ["a public sum", [6], ["update public_total set amount = amount + 1 where account = 'assets:holdings'"]],
    [
      "a published checkpoint that was never signed here",
      [6],
      ["update published set note = replace(note, chr(10) || chr(10), chr(10) || 'x' || chr(10) || chr(10))"],
    ],
    [
      "an approval that is gone",
      [7],
      ["delete from approval where treasurer_id = (select treasurer_id from approval limit 1)"],
    ],
    ["a treasurer's key", [7], ["update credential set public_key = sha256('x')"]],
    [
      "a treasurer's age recipient",
      [7],
      ["update treasurer set recipient = 'age1' || repeat('q', 58) where name = 'Ana'"],
    ],
    ["an approved sum's commitment", [5, 7], ["update decision set commitment = sha256(hold_id::text::bytea)"]],
    [
      "what was handed down",
      [5],
      ["update submission set entry = jsonb_set(entry, '{quorum}', '1') where entry ->> 'kind' = 'charter'"],
    ],
  ])("%s: %j", async (_what, numbers, sql) => {
    const found = await violated(...sql);
    if (numbers.length === 0) expect(found).toEqual([]);
    else expect(found.filter((n) => numbers.includes(n)).length).toBeGreaterThan(0);
  });
});
