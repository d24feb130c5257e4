import pg from "pg";
import { DataSource, Entity, Column, PrimaryColumn, type EntityManager } from "typeorm";
import { APPEND, appendParameters } from "../src/ledger/append.js";
import { GroupCommit } from "../src/ledger/group-commit.service.js";
import type { Draft } from "../src/ledger/transaction.js";
import { SnakeCaseNames } from "../src/platform/database/naming.js";
import { openBooks, type Books } from "./support/books.js";
import { nextGift } from "./support/gifts.js";
import { figure, median, rounded, say, slot, type Figure, type Slot } from "./support/measure.js";

const ROUNDS = 5;
const SECONDS = 1;
const CALLERS = [1, 16, 64, 256] as const;
const FUNDS = 64;

/** One way to post: `callers` at once on some funds for a while. */
type Way = (funds: readonly Target[], callers: number) => Promise<Slot>;

interface Target {
  readonly fundId: string;
  readonly numbers: ReadonlyMap<string, number>;
}

const numbersOf = (target: Target, draft: Draft): number[] =>
  draft.postings.map((p) => target.numbers.get(p.account) ?? 0);
const of = (funds: readonly Target[], caller: number): Target => funds[caller % funds.length]!;

/** Gathered: what the program does. Counts how large the groups were, so that the ceiling can use the same. */
function grouped(groups: GroupCommit): Way {
  return (funds, callers) =>
    slot(callers, SECONDS, async (caller) => {
      await groups.post(of(funds, caller).fundId, nextGift(), new Date());
      return 1;
    });
}

/** (a) The same journal_append, one commit each, over a pool of 16 connections. */
function oneByOne(pool: pg.Pool): Way {
  return (funds, callers) =>
    slot(callers, SECONDS, async (caller) => {
      const target = of(funds, caller);
      const draft = nextGift();
      await pool.query(APPEND, appendParameters(target.fundId, [draft], new Date(), numbersOf(target, draft)));
      return 1;
    });
}

@Entity("plain_book")
class BookRow {
  @PrimaryColumn("uuid") fundId: string;
  @Column("bigint") nextSeq: string;
  @Column("bigint") inTransit: string;
}
@Entity("plain_account")
class AccountRow {
  @PrimaryColumn("uuid") fundId: string;
  @PrimaryColumn("smallint") accountNo: number;
  @Column("text") code: string;
  @Column("bigint") balance: string;
}
@Entity("plain_transaction")
class TransactionRow {
  @PrimaryColumn("uuid") fundId: string;
  @PrimaryColumn("bigint") seq: string;
  @Column("text") kind: string;
  @Column("date") day: string;
  @Column("timestamptz") recordedAt: Date;
  @Column("text") key: string;
  @Column("smallint") lines: number;
  @Column("text") source: string;
}
@Entity("plain_posting")
class PostingRow {
  @PrimaryColumn("uuid") fundId: string;
  @PrimaryColumn("bigint") seq: string;
  @PrimaryColumn("smallint") line: number;
  @Column("smallint") accountNo: number;
  @Column("bigint") amount: string;
}

/** (b) The same rows, columns, keys and checks through TypeORM's repositories: BEGIN, a round trip for each step, COMMIT. Our triggers refuse that way, so it has tables of its own. */
function byRepositories(source: DataSource): Way {
  const post = (tx: EntityManager, target: Target, draft: Draft) => async (): Promise<void> => {
    const { fundId } = target;
    const book = await tx.findOneOrFail(BookRow, { where: { fundId }, lock: { mode: "pessimistic_write" } });
    if (await tx.existsBy(TransactionRow, { fundId, key: draft.key })) return;
    const accounts = await tx.findBy(AccountRow, { fundId });
    const byCode = new Map(accounts.map((a) => [a.code, a]));
    for (const p of draft.postings) {
      const account = byCode.get(p.account)!;
      await tx.update(
        AccountRow,
        { fundId, accountNo: account.accountNo },
        { balance: String(BigInt(account.balance) + p.amount) },
      );
    }
    await tx.update(
      BookRow,
      { fundId },
      {
        nextSeq: String(BigInt(book.nextSeq) + 1n),
        inTransit: String(BigInt(book.inTransit) + draft.postings[0]!.amount),
      },
    );
    await tx.insert(TransactionRow, {
      fundId, seq: book.nextSeq, kind: draft.kind, day: draft.day, recordedAt: new Date(), key: draft.key, lines: draft.postings.length, source: draft.source!,
    }); // prettier-ignore
    await tx.insert(
      PostingRow,
      draft.postings.map((p, i) => ({
        fundId,
        seq: book.nextSeq,
        line: i + 1,
        accountNo: byCode.get(p.account)!.accountNo,
        amount: p.amount.toString(),
      })),
    );
  };
  return (funds, callers) =>
    slot(callers, SECONDS, async (caller) => {
      await source.transaction(async (tx) => post(tx, of(funds, caller), nextGift())());
      return 1;
    });
}

const BESIDE = `
  create table plain_book (like book including all); create table plain_account (like account including all);
  create table plain_transaction (like transaction including all); create table plain_posting (like posting including all);
  create table bare_transaction (like transaction including indexes); create table bare_posting (like posting including indexes);
`;
const BARE = `
  with t as (insert into bare_transaction (fund_id, seq, kind, day, recorded_at, key, lines, source)
    select $1::uuid, n.seq, n.kind, n.day, $2, n.key, n.lines, n.source from unnest($3::bigint[], $4::transaction_kind[], $5::date[], $6::text[], $7::smallint[], $8::text[]) n (seq, kind, day, key, lines, source))
  insert into bare_posting select $1::uuid, l.seq, l.line, l.account_no, l.amount from unnest($9::bigint[], $10::smallint[], $11::smallint[], $12::bigint[]) l (seq, line, account_no, amount)`;

/** (c) Multi-row inserts of the same columns, keys and batch size into tables with the same indexes and no rule at all: what the disk and the rows cost. */
function bare(pool: pg.Pool, batchSize: () => number): Way {
  let seq = 0;
  return (funds) =>
    slot(1, SECONDS, async () => {
      const target = of(funds, 0);
      const drafts = Array.from({ length: batchSize() }, nextGift);
      const first = seq;
      seq += drafts.length;
      const flat = drafts.flatMap((d, i) =>
        d.postings.map((p, n) => [first + i, n + 1, target.numbers.get(p.account)!, p.amount] as const),
      );
      const array = (values: readonly unknown[]): string => `{${values.join(",")}}`;
      await pool.query(BARE, [
        target.fundId, new Date().toISOString(), array(drafts.map((_, i) => first + i)), array(drafts.map((d) => d.kind)), array(drafts.map((d) => d.day)),
        array(drafts.map((d) => `"${d.key}"`)), array(drafts.map((d) => d.postings.length)), array(drafts.map((d) => `"${d.source ?? ""}"`)),
        array(flat.map((p) => p[0])), array(flat.map((p) => p[1])), array(flat.map((p) => p[2])), array(flat.map((p) => p[3])),
      ]); // prettier-ignore
      return drafts.length;
    });
}

async function targets(books: Books, count: number, name: string): Promise<Target[]> {
  const made: Target[] = [];
  for (let i = 0; i < count; i++) {
    const fundId = await books.makeFund(`${name}-${i}`);
    made.push({ fundId, numbers: await books.numbers(fundId) });
  }
  return made;
}

/** Counts transactions and calls of journal_append, to know how large the groups are. */
class CountingGroups {
  groups = 0;
  items = 0;
  constructor(private readonly books: Books) {}
  commit(): GroupCommit {
    const { database } = this.books;
    const plain = database.plain.bind(database);
    database.plain = <T extends object>(sql: string, values: readonly unknown[]): Promise<T[]> => {
      if (sql === APPEND) {
        this.groups++;
        this.items += String(values[5]).split(",").length;
      }
      return plain<T>(sql, values);
    };
    return new GroupCommit(database);
  }
  take(): number {
    const mean = this.groups === 0 ? 1 : Math.max(1, Math.round(this.items / this.groups));
    this.groups = this.items = 0;
    return mean;
  }
}

/** `quick` leaves out the 64 funds and most rounds: for whoever tunes. */
export async function run([how]: readonly string[]): Promise<object> {
  const quick = how === "quick";
  const books = await openBooks(10);
  const pool = new pg.Pool({ connectionString: books.postgres.urls.app, max: 16 }).on("error", () => undefined);
  const source = await new DataSource({
    type: "postgres", url: books.postgres.urls.owner, entities: [BookRow, AccountRow, TransactionRow, PostingRow], namingStrategy: new SnakeCaseNames(),
    synchronize: false, installExtensions: false, logging: false, poolSize: 16,
  }).initialize(); // prettier-ignore
  try {
    await books.owner.query(BESIDE);
    const counting = new CountingGroups(books);
    let batch = 1;
    const ways: Record<string, Way> = {
      grouped: grouped(counting.commit()),
      oneByOne: oneByOne(pool),
      byRepositories: byRepositories(source),
      bare: bare(books.owner, () => batch),
    };
    const hot = await targets(books, 1, "hot");
    const many = await targets(books, FUNDS, "many");
    await books.owner.query(
      "insert into plain_book select * from book; insert into plain_account select * from account",
    );
    for (const way of Object.values(ways)) await way(hot, 16);
    await books.owner.query("analyze");
    const table: Record<string, object> = {};
    let at64: Record<string, Figure> = {};
    let atOne: Record<string, Figure> = {};
    for (const [name, funds, names] of [
      ["one hot fund", hot, Object.keys(ways)],
      [`${FUNDS} funds`, many, ["grouped", "oneByOne", "byRepositories"]],
    ] as const) {
      if (quick && funds === many) continue;
      for (const callers of quick ? [1, 64, 256] : CALLERS) {
        const slots: Record<string, Slot[]> = {};
        const batches: number[] = [];
        for (let round = 0; round < (quick ? 3 : ROUNDS); round++) {
          for (const way of names) {
            counting.take();
            (slots[way] ??= []).push(await ways[way]!(funds, callers));
            if (way === "grouped") batches.push((batch = counting.take()));
          }
        }
        const figures = Object.fromEntries(Object.entries(slots).map(([way, s]) => [way, figure(s)]));
        if (funds === hot && callers === 64) at64 = figures;
        if (funds === hot && callers === 1) atOne = figures;
        const line = Object.entries(figures).map(
          ([way, f]) => `${way} ${f.perSecond.toFixed(0)}/s (${f.p50.toFixed(2)}/${f.p99.toFixed(1)} ms)`,
        );
        say(`${name}, ${callers} callers: ${line.join(" · ")} · groups of ${median(batches)}`);
        table[`${name}, ${callers} callers`] = Object.fromEntries(
          Object.entries(figures).map(([way, f]) => [
            way,
            { perSecond: Math.round(f.perSecond), p50: rounded(f.p50), p99: rounded(f.p99) },
          ]),
        );
      }
    }
    return {
      ratio: rounded(at64["grouped"]!.perSecond / at64["oneByOne"]!.perSecond),
      ceiling: rounded(at64["grouped"]!.perSecond / at64["bare"]!.perSecond),
      toRepositories: rounded(at64["grouped"]!.perSecond / at64["byRepositories"]!.perSecond),
      atOneCaller: rounded(atOne["grouped"]!.perSecond / atOne["oneByOne"]!.perSecond),
      table,
    };
  } finally {
    await source.destroy();
    await pool.end();
    await books.close();
  }
}
