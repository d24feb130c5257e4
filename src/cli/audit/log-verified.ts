import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { canonicalJson, type Json } from "../../kernel/canonical-json.js";
import { rows, type Tx } from "../../platform/database/database.js";
import { detailsOf } from "../../publication/batch.js";
import type { TransactionKind } from "../../ledger/transaction.js";
import { encodeBundle, encodeTile, parseTilePath, TILE_WIDTH } from "../../tlog/tile.js";
import { sayFinding } from "../../verify/finding.js";
import { verify, type Fetch } from "../../verify/verify.js";
import type { Finding } from "./invariant.js";

/** Runs the public verifier on every published log, straight from the database, with every checkpoint that was ever signed as its memory; and opens the commitments. */
export async function verifiedLogs(tx: Tx): Promise<Finding[]> {
  const logs = await rows<{ fund_id: string; vkey: string; note: string; size: string }>(
    tx,
    "select l.fund_id, l.vkey, p.note, p.size from log l join published p using (fund_id) order by 1",
  );
  const alarms: string[] = [];
  let entries = 0;
  for (const log of logs) {
    const seen = await rows<{ size: string; root: Buffer }>(
      tx,
      "select size, root from checkpoint where fund_id = $1 and size <= $2",
      [log.fund_id, log.size],
    );
    const { findings, verified } = await verify(fetchFrom(tx, log.fund_id, log.note), {
      vkeys: [log.vkey],
      seen: seen.map((s) => ({ size: Number(s.size), root: new Uint8Array(s.root) })),
    });
    entries += verified?.entries ?? 0;
    alarms.push(
      ...findings.filter((f) => f.level === "alarm").map((f) => `${log.fund_id}/${f.index ?? ""} ${sayFinding(f)}`),
    );
  }
  const says = "every published log verifies as a stranger's computer would verify it";
  return [
    { number: 6, says, checked: entries, violations: alarms.length, first: alarms[0] ?? null },
    await openedCommitments(tx),
  ];
}

function fetchFrom(tx: Tx, fundId: string, note: string): Fetch {
  return async (path) => {
    if (path === "checkpoint") return new TextEncoder().encode(note);
    const tile = parseTilePath(path);
    if (tile === null) return null;
    const [from, to] = [tile.index * TILE_WIDTH, tile.index * TILE_WIDTH + tile.width];
    const found = await rows<{ bytes: Buffer }>(
      tx,
      tile.level === "entries" || tile.level === 0
        ? `select ${tile.level === 0 ? "hash" : "body"} as bytes from log_entry where fund_id = $1 and idx >= $2 and idx < $3 order by idx`
        : "select hash as bytes from log_node where fund_id = $1 and idx >= $2 and idx < $3 and level = $4 order by idx",
      [fundId, from, to, ...(tile.level === "entries" || tile.level === 0 ? [] : [tile.level])],
    );
    const bytes = found.map((f) => new Uint8Array(f.bytes));
    return tile.level === "entries" ? encodeBundle(bytes) : encodeTile(bytes);
  };
}

/** Every salt that publication still keeps opens its commitment to what the journal says. */
async function openedCommitments(tx: Tx): Promise<Finding> {
  const found = await rows<{
    fund_id: string;
    seq: string;
    kind: TransactionKind;
    day: string;
    currency: string;
    salt: Buffer;
    commitment: Buffer;
    accounts: string[];
    amounts: string[];
  }>(
    tx,
    `select t.fund_id, t.seq, t.kind, t.day::text as day, f.currency, s.salt, m.commitment, array_agg(a.code order by p.line) as accounts, array_agg(p.amount::text order by p.line) as amounts
     from batch_salt s join batch_member m using (fund_id, seq) join transaction t using (fund_id, seq) join fund f using (fund_id) join posting p using (fund_id, seq) join account a using (fund_id, account_no)
     group by t.fund_id, t.seq, t.kind, t.day, f.currency, s.salt, m.commitment`,
  );
  const wrong = found.filter((item) => {
    const postings = item.accounts.map((account, i) => ({ account, amount: BigInt(item.amounts[i] ?? 0) }));
    const details = canonicalJson(
      detailsOf({ kind: item.kind, day: item.day, postings }, item.currency) as unknown as Json,
    );
    return !Buffer.from(hmac(sha256, item.salt, new TextEncoder().encode(details))).equals(item.commitment);
  });
  const first = wrong[0];
  return {
    number: 5,
    says: "every salt opens its commitment to what the journal says",
    checked: found.length,
    violations: wrong.length,
    first: first === undefined ? null : `${first.fund_id}/${first.seq}`,
  };
}
