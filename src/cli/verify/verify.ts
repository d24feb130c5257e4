import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { formatMoney } from "../../kernel/money.js";
import { parsePolicy, type Policy } from "../../tlog/policy.js";
import { sayFinding, type Finding } from "../../verify/finding.js";
import { note } from "../../verify/finding.js";
import { seenIn } from "../../verify/memory.js";
import { verifyReceipt } from "../../verify/receipt.js";
import { verify, type Seen, type Trust, type Verified } from "../../verify/verify.js";
import { witnessesOf } from "../../verify/witnesses.js";
import { CliError, given, type Verb } from "../command.js";
import { askFund, fetchFrom, placeOf } from "./fetch.js";
import { recall, remember } from "./memory.js";

const MEMORY = path.join(os.homedir(), ".local", "state", "commonpot", "checkpoints.json");

export const verifyVerb: Verb = {
  help: [
    "verify <fund's url> [--policy <file>] [--memory <file>] [--json yes]   reads the whole log and checks it; exit 0 when nothing is found",
    "verify <receipt.json> [--policy <file>]   checks a receipt offline",
  ],
  async run(words) {
    const { values, words: rest } = given(
      words.flatMap((word) => (word === "--json" ? ["--json=yes"] : [word])),
      ["policy", "memory", "json"],
    );
    const [what] = rest;
    if (what === undefined) throw new CliError("verify what? The address of a fund, or a receipt's file");
    const policy = values["policy"] === undefined ? null : parsePolicy(fs.readFileSync(values["policy"], "utf8"));
    const memory = values["memory"] ?? MEMORY;
    const asJson = values["json"] !== undefined;
    if (!/^https?:\/\//.test(what)) return receipt(what, policy, asJson);
    return log(what, policy, memory, asJson);
  },
};

async function log(url: string, policy: Policy | null, memory: string, asJson: boolean): Promise<number> {
  const place = placeOf(url);
  const { trust, findings, origin } = await trustFor(place, policy, memory);
  const result = await verify(fetchFrom(`${place.fund}/log`), trust, (done, of) => {
    if (process.stderr.isTTY || done === of) process.stderr.write(`\rread ${done} of ${of} entries`);
  });
  process.stderr.write("\n");
  const all = [...findings, ...result.findings];
  const good = all.every((f) => f.level !== "alarm");
  if (good && result.verified !== null) {
    fs.mkdirSync(path.dirname(memory), { recursive: true });
    remember(memory, origin, result.verified);
  }
  process.stdout.write(
    asJson ? `${JSON.stringify(jsonOf(all, result.verified))}\n` : textOf(all, result.verified, trust.seen),
  );
  return good ? 0 : 1;
}

/** Where the keys come from: a policy file, else what this computer remembers, else what the fund states, which is said. */
async function trustFor(
  place: { fund: string; api: string },
  policy: Policy | null,
  memory: string,
): Promise<{ trust: Trust; findings: Finding[]; origin: string }> {
  const stated = await askFund(place.api);
  if (policy !== null) {
    const vkeys = policy.logs
      .map((l) => l.vkey)
      .filter((vkey) => stated === null || vkey.startsWith(`${stated.origin}+`));
    if (vkeys.length === 0) throw new CliError("the policy names no key of this log");
    const origin = vkeys[0]?.slice(0, vkeys[0].indexOf("+")) ?? "";
    const kept = recall(memory, origin);
    return { trust: { vkeys, seen: seenIn(kept), witnesses: witnessesOf(policy) }, findings: [], origin };
  }
  if (stated === null) throw new CliError("this fund has published no log yet, or this is no address of a fund");
  const kept = recall(memory, stated.origin);
  if (kept !== null) return { trust: { vkeys: kept.vkeys, seen: seenIn(kept) }, findings: [], origin: stated.origin };
  return { trust: { vkeys: [stated.vkey], seen: [] }, findings: [note("first-time")], origin: stated.origin };
}

function receipt(file: string, policy: Policy | null, asJson: boolean): number {
  if (!fs.existsSync(file)) throw new CliError(`there is no file ${file}, and it is no address`);
  const { findings, shown } = verifyReceipt(fs.readFileSync(file, "utf8"), policy?.logs.map((l) => l.vkey) ?? []);
  if (asJson)
    process.stdout.write(
      `${JSON.stringify({ findings, ...(shown ? { origin: shown.origin, index: shown.index, details: shown.details } : {}) })}\n`,
    );
  else {
    for (const finding of findings)
      process.stdout.write(`${finding.level === "alarm" ? "WRONG" : "note "} ${sayFinding(finding)}\n`);
    if (shown !== null)
      process.stdout.write(
        `ok    this is in entry ${shown.index} of ${shown.origin}: ${JSON.stringify(shown.details)}\n`,
      );
  }
  return findings.some((f) => f.level === "alarm") ? 1 : 0;
}

function jsonOf(findings: readonly Finding[], verified: Verified | null): object {
  const said = findings.map((f) => ({ ...f, says: sayFinding(f) }));
  if (verified === null) return { ok: false, findings: said };
  const { origin, size, entries, currency, vkeys } = verified;
  const ok = findings.every((f) => f.level !== "alarm");
  return {
    ok,
    origin,
    size,
    entries,
    root: Buffer.from(verified.root).toString("base64"),
    currency,
    vkeys,
    balances: Object.fromEntries(verified.balances),
    findings: said,
  };
}

function textOf(findings: readonly Finding[], verified: Verified | null, seen: readonly Seen[]): string {
  const lines = findings.map((f) => `${f.level === "alarm" ? "WRONG" : "note "} ${sayFinding(f)}`);
  if (verified !== null) {
    const { currency, balances } = verified;
    const money = (amount: number): string =>
      currency === null ? String(amount) : formatMoney(BigInt(amount), currency, "en");
    lines.push("", `${verified.entries} of ${verified.size} entries of ${verified.origin}`);
    if (seen.length > 0)
      lines.push(`compared with ${seen.length} earlier checkpoints, the oldest of ${seen[0]?.size ?? 0} entries`);
    for (const [account, amount] of [...balances].filter(([, a]) => a !== 0).sort(([a], [b]) => (a < b ? -1 : 1)))
      lines.push(`  ${account.padEnd(32)} ${money(amount).padStart(16)}`);
  }
  const alarms = findings.filter((f) => f.level === "alarm").length;
  lines.push(
    "",
    alarms === 0
      ? "Nothing was changed or removed, as far as these checks reach. They cannot prove that money reached a person."
      : `${alarms} alarms: do not rely on these books as they are.`,
  );
  return `${lines.join("\n")}\n`;
}
