import { GroupCommit } from "../src/ledger/group-commit.service.js";
import { openBooks, type Books } from "./support/books.js";
import { nextGift } from "./support/gifts.js";
import { figure, rounded, say, slot, type Slot } from "./support/measure.js";

const ROUNDS = 5;
const SECONDS = 1;
const CALLERS = [1, 64, 256] as const;

/** Foreign keys and deferred row triggers in place of our statement triggers: the same promises, kept row by row. */
const ROW_LEVEL = `
  drop trigger posting_is_whole on posting; drop trigger transaction_is_whole on transaction;
  alter table posting add foreign key (fund_id, seq) references transaction;
  alter table posting add foreign key (fund_id, account_no) references account;
  alter table transaction add foreign key (fund_id) references book;
  create function sums_to_zero() returns trigger language plpgsql as $$
  declare v_lines int;
  begin
    select lines into v_lines from transaction where fund_id = new.fund_id and seq = new.seq;
    if v_lines <> (select count(*) from posting where fund_id = new.fund_id and seq = new.seq)
       or 0 <> (select coalesce(sum(amount), 1) from posting where fund_id = new.fund_id and seq = new.seq) then raise exception 'not whole'; end if;
    return null;
  end $$;
  create constraint trigger whole_posting after insert on posting deferrable initially deferred for each row execute function sums_to_zero();
  create constraint trigger whole_transaction after insert on transaction deferrable initially deferred for each row execute function sums_to_zero()`;

/** Posting to one hot fund under the shipped statement triggers, beside the same under row-level enforcement, and beside no enforcement at all; interleaved. */
export async function run(): Promise<object> {
  const kept: Record<string, Books> = {};
  try {
    for (const name of ["statement", "row", "none"]) kept[name] = await openBooks(4);
    await kept["row"]!.owner.query(ROW_LEVEL);
    await kept["none"]!.owner.query(
      "drop trigger posting_is_whole on posting; drop trigger transaction_is_whole on transaction",
    );
    const ways = Object.fromEntries(
      await Promise.all(
        Object.entries(kept).map(async ([name, books]) => {
          const [fundId, groups] = [await books.makeFund("hot"), new GroupCommit(books.database)];
          return [name, () => groups.post(fundId, nextGift(), new Date())] as const;
        }),
      ),
    );
    const table: Record<string, Record<string, number>> = {};
    for (const callers of CALLERS) {
      const slots: Record<string, Slot[]> = {};
      for (let round = 0; round < ROUNDS; round++)
        for (const [name, post] of Object.entries(ways))
          (slots[name] ??= []).push(await slot(callers, SECONDS, async () => (await post(), 1)));
      const line = Object.fromEntries(
        Object.entries(slots).map(([name, s]) => [name, Math.round(figure(s).perSecond)]),
      );
      say(
        `${callers} callers: ${Object.entries(line)
          .map(([name, n]) => `${name} ${n}/s`)
          .join(" · ")}`,
      );
      table[String(callers)] = line;
    }
    const at64 = table["64"]!;
    return {
      ratio: rounded(at64["statement"]! / at64["row"]!),
      toNone: rounded(at64["statement"]! / at64["none"]!),
      table,
    };
  } finally {
    for (const books of Object.values(kept)) await books.close();
  }
}
