import { RequestMethod } from "@nestjs/common";
import { ModulesContainer } from "@nestjs/core";
import { Selections } from "../../src/disbursements/selection.service.js";
import type { Fund } from "../../src/funds/funds.service.js";
import { newToken } from "../../src/kernel/ids.js";
import { seal } from "../../src/requests/sealing.js";
import { practiceTreasurer } from "../../src/sandbox/practice-treasurers.js";
import { bookGift } from "../support/builders.js";
import { ask, give, openFund, person, startCommonpot, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(240_000);

/*
 * Every route that the program has, from its own table, as each who might come: nobody, somebody with seven words, a treasurer of another fund, one who has left, and another website with a treasurer's
 * cookie (faults 79, 81, 82). Whatever is at the desk is closed unless it is this fund's own treasurer who comes; a route that is neither at the desk nor in the tables below fails the suite.
 */
const PUBLIC = [
  "GET /", "GET /-/:file", "GET /-/practice/:fund", "GET /:fund", "GET /:fund/ask", "GET /:fund/ask/paper", "GET /:fund/books", "GET /:fund/books/:index", "GET /:fund/books/feed.atom",
  "GET /:fund/books/ledger.beancount", "GET /:fund/books/ledger.csv", "GET /:fund/books/ledger.journal", "GET /:fund/books/ledger.jsonl", "GET /:fund/charter/:version", "GET /:fund/give",
  "GET /:fund/give/card.png", "GET /:fund/give/card.svg", "GET /:fund/give/embed", "GET /:fund/give/poster", "GET /:fund/give/qr.svg", "GET /:fund/join", "GET /:fund/status",
  "GET /api/v1/funds", "GET /api/v1/funds/:fund", "GET /api/v1/funds/:fund/charters/:version", "GET /api/v1/funds/:fund/entries", "GET /api/v1/funds/:fund/entries/:index/proof",
  "GET /healthz", "GET /readyz", "POST /:fund/ask", "POST /:fund/give", "POST /api/v1/funds/:fund/donations", "POST /api/v1/funds/:fund/requests", "POST /api/v1/funds/:fund/logins",
]; // prettier-ignore
/** Behind a secret of their own: a receipt's address, seven words, an invitation, a challenge, Stripe's signature, an operator's token. */
const BY_SECRET = [
  "GET /:fund/receipts/:token", "GET /:fund/receipts/:token/name", "GET /:fund/receipts/:token/print", "GET /:fund/receipts/:token/proof", "GET /:fund/receipts/:token/year/:year", "GET /:fund/receipts/year",
  "POST /:fund/receipts/:token/mail", "POST /:fund/receipts/:token/name", "POST /:fund/receipts/:token/portal", "POST /:fund/receipts/year", "POST /:fund/ask/asked",
  "POST /:fund/status", "POST /:fund/status/card", "POST /:fund/status/helper-code", "POST /:fund/status/no-code", "POST /api/v1/funds/:fund/registrations", "POST /api/v1/funds/:fund/sessions",
  "POST /api/v1/funds/:fund/treasurers", "POST /webhooks/stripe", "GET /metrics",
]; // prettier-ignore
const CLAIMED = /^(GET|POST|DELETE) \/api\/v1\/request(\/|$)/;
const DESK_PAGE = /^GET \/:fund\/desk(\/|$)/;
const DESK_ACT = /^POST \/:fund\/desk(\/|$)/;

let pot: Commonpot;
let fund: Fund;
let other: Fund;
/** Things of `fund`, and a treasurer's cookies. */
const its = {
  disbursement: "",
  request: "",
  decision: "",
  handEntry: "",
  treasurer: "",
  challenge: "",
  receipt: "",
  code: "",
};
const cookies = { own: "", foreign: "", left: "" };
let sealed = "";

beforeAll(async () => {
  pot = await startCommonpot({ worker: false });
  fund = await openFund(pot, "first-fund");
  other = await openFund(pot, "other-fund");
  const ana = await person(pot, fund.slug, "Ana");
  its.code = await ask(pot, fund.slug, 1000);
  await bookGift(pot.database, fund, 50_000n, "gift");
  await pot.database.atomically((tx) => pot.app.get(Selections).run(tx, fund));
  const { receiptUrl } = await give(pot, fund.slug, 2500);
  its.receipt = receiptUrl.split("/").at(-1)!;
  await ana.form("desk/line", { key: newToken(), act: "pause", until: new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10) }); // prettier-ignore
  await ana.post("hand-entries", { what: "gift", amount: 500, holding: "assets:bank" });
  its.challenge = (await ana.post<{ challengeId: string }>("logins", {})).challengeId;
  const one = async (sql: string): Promise<string> => (await (await pot.db.as("owner")).query(sql, [fund.fundId])).rows[0].id; // prettier-ignore
  its.disbursement = await one("select disbursement_id as id from disbursement where fund_id = $1");
  its.request = await one("select request_id as id from aid_request where fund_id = $1");
  its.decision = await one("select decision_id as id from joint_decision where fund_id = $1");
  its.handEntry = await one("select entry_id as id from hand_entry where fund_id = $1");
  its.treasurer = await one("select treasurer_id as id from treasurer where fund_id = $1 and name = 'Ben'");
  cookies.own = ana.cookieOf();
  cookies.foreign = (await person(pot, other.slug, "Ana")).cookieOf();
  cookies.left = (await person(pot, fund.slug, "Chris")).cookieOf();
  // Chris leaves: only the guards stand between a plain UPDATE and that.
  const owner = await pot.db.as("owner");
  await owner.query("alter table treasurer disable trigger user");
  await owner.query("update treasurer set left_day = current_date where fund_id = $1 and name = 'Chris'", [
    fund.fundId,
  ]);
  await owner.query("alter table treasurer enable always trigger treasurer_leaves; alter table treasurer enable always trigger treasurer_is_agreed"); // prettier-ignore
  sealed = await seal("x", [(await practiceTreasurer("Ana")).recipient]);
});
afterAll(() => pot.close());

/** What each route of the desk's API is sent: whole and well-formed, so that nothing but the sender is wrong with it. */
const bodies = (): Record<string, object> => {
  const signed = { challengeId: its.challenge, response: { id: "x", type: "public-key", response: {} } };
  return {
    "GET /api/v1/funds/:fund/approvals/:index": {},
    "GET /api/v1/funds/:fund/holdings": {},
    "GET /api/v1/funds/:fund/identity": {},
    "GET /api/v1/funds/:fund/payouts/:disbursement/evidence": {},
    "POST /api/v1/funds/:fund/approval-statements": { disbursements: [its.disbursement] },
    "POST /api/v1/funds/:fund/approvals": signed,
    "POST /api/v1/funds/:fund/decision-signatures": signed,
    "POST /api/v1/funds/:fund/decision-statements": { decision: its.decision },
    "POST /api/v1/funds/:fund/draws/challenges": {},
    "POST /api/v1/funds/:fund/draws/mine": signed,
    "POST /api/v1/funds/:fund/draws/openings": { secret: "0".repeat(64) },
    "POST /api/v1/funds/:fund/draws/secrets": { hash: "0".repeat(64), sealed },
    "POST /api/v1/funds/:fund/genesis-signatures": signed,
    "POST /api/v1/funds/:fund/genesis-statements": {},
    "POST /api/v1/funds/:fund/hand-entries": { what: "gift", amount: 500, holding: "assets:bank" },
    "POST /api/v1/funds/:fund/hand-entries/:id/confirmations": {},
    "POST /api/v1/funds/:fund/hand-entries/:id/withdrawal": {},
    "POST /api/v1/funds/:fund/holding-counts": { holding: "assets:bank", amount: 500 },
    "POST /api/v1/funds/:fund/holdings": { rail: "cash", label: "tin", keeper: its.treasurer },
    "POST /api/v1/funds/:fund/message-opening-challenges": { request: its.request },
    "POST /api/v1/funds/:fund/message-openings": { request: its.request, ...signed },
    "POST /api/v1/funds/:fund/messages": { request: its.request, sealed },
    "POST /api/v1/funds/:fund/messages/seen": { request: its.request },
    "POST /api/v1/funds/:fund/opening-challenges": { disbursement: its.disbursement },
    "POST /api/v1/funds/:fund/openings": { disbursement: its.disbursement, ...signed },
    "POST /api/v1/funds/:fund/payouts": { disbursement: its.disbursement },
    "POST /api/v1/funds/:fund/payouts/passed-on": { disbursement: its.disbursement },
    "POST /api/v1/funds/:fund/payouts/sent": { disbursement: its.disbursement, rail: "cash", holding: "assets:bank" },
    "POST /api/v1/funds/:fund/relocking-challenges": {},
    "POST /api/v1/funds/:fund/relocking-openings": signed,
    "POST /api/v1/funds/:fund/relockings": { wrong: [], good: [], locked: [] },
    "POST /api/v1/funds/:fund/reversals": { seq: 1, reason: "wrong-amount" },
    "POST /api/v1/funds/:fund/sessions/end": {},
  };
};
/** Ids of a foreign fund in these would be somebody else's things. Of the others, some would be done, rightly, to the own fund. */
const NAMES_NOTHING = ["GET /api/v1/funds/:fund/approvals/:index", "POST /api/v1/funds/:fund/draws/challenges", "POST /api/v1/funds/:fund/draws/openings", "POST /api/v1/funds/:fund/draws/secrets", "GET /api/v1/funds/:fund/holdings", "GET /api/v1/funds/:fund/identity", "POST /api/v1/funds/:fund/hand-entries", "POST /api/v1/funds/:fund/holding-counts", "POST /api/v1/funds/:fund/genesis-statements", "POST /api/v1/funds/:fund/relocking-challenges", "POST /api/v1/funds/:fund/relockings", "POST /api/v1/funds/:fund/reversals", "POST /api/v1/funds/:fund/sessions/end"]; // prettier-ignore

function routes(): string[] {
  const found: string[] = [];
  for (const module of pot.app.get(ModulesContainer).values())
    for (const { metatype } of module.controllers.values()) {
      if (typeof metatype !== "function") continue;
      const base = Reflect.getMetadata("path", metatype) as string;
      const methods = metatype.prototype as Record<string, object>;
      for (const name of Object.getOwnPropertyNames(methods)) {
        const method = Reflect.getMetadata("method", methods[name]!) as RequestMethod | undefined;
        if (method === undefined) continue;
        for (const path of [Reflect.getMetadata("path", methods[name]!) as string | string[]].flat())
          found.push(
            `${RequestMethod[method]} /${[base, path].filter((part) => part !== "" && part !== "/").join("/")}`,
          );
      }
    }
  return found.sort();
}

interface Sender {
  readonly cookie?: string;
  readonly authorization?: string;
  readonly site?: string;
}
async function send(
  route: string,
  slug: string,
  sender: Sender,
  body: object = {},
): Promise<{ status: number; to: string; body: string }> {
  // prettier-ignore
  const [method, path] = route.split(" ") as ["GET" | "POST" | "DELETE", string];
  const ids: Record<string, string> = { ":fund": slug, ":id": its.handEntry, ":index": "0", ":version": "1", ":token": its.receipt, ":year": "2026", ":file": "style.css" }; // prettier-ignore
  const form = DESK_ACT.test(route);
  const answer = await pot.app.inject({
    method,
    url: path.replace(/:\w+/g, (name) => ids[name] ?? "x"),
    headers: {
      "sec-fetch-site": sender.site ?? "same-origin",
      ...(sender.cookie === undefined ? {} : { cookie: sender.cookie }),
      ...(sender.authorization === undefined ? {} : { authorization: sender.authorization }),
      ...(method === "GET" ? {} : { "content-type": form ? "application/x-www-form-urlencoded" : "application/json", "idempotency-key": newToken() }), // prettier-ignore
    },
    ...(method === "GET" ? {} : { payload: form ? "act=x" : JSON.stringify(body) }),
  });
  return { status: answer.statusCode, to: answer.headers["location"] ?? "", body: answer.body };
}
/** How much there is of everything that a treasurer could do. */
async function everything(): Promise<string> {
  const tables = ["approval", "payout", "opening", "message_opening", "hand_entry", "holding_count", "custody", "joint_decision", "joint_decision_yes", "signed_statement", "transaction", "request_message", "session", "invitation", "treasurer_notice"]; // prettier-ignore
  const counts = tables
    .map((table) => `select '${table}' as name, count(*)::int as n from ${table}`)
    .join(" union all ");
  const states = "select string_agg(state, ',' order by disbursement_id) as s from disbursement";
  const owner = await pot.db.as("owner");
  return JSON.stringify([(await owner.query(counts)).rows, (await owner.query(states)).rows]);
}

test("every route is at the desk, or in one of the tables; and no table names one that is gone", () => {
  const known = (route: string): boolean =>
    DESK_PAGE.test(route) || DESK_ACT.test(route) || CLAIMED.test(route) || [...PUBLIC, ...BY_SECRET, ...Object.keys(bodies())].includes(route); // prettier-ignore
  expect(routes().filter((route) => !known(route))).toEqual([]);
  expect([...PUBLIC, ...BY_SECRET, ...Object.keys(bodies())].filter((route) => !routes().includes(route))).toEqual([]);
});

const STRANGERS: [string, () => Sender][] = [
  ["nobody", () => ({})],
  ["somebody with seven words", () => ({ authorization: `Claim ${its.code}` })],
  ["a treasurer of another fund", () => ({ cookie: cookies.foreign })],
  ["a treasurer who left", () => ({ cookie: cookies.left })],
  ["a cookie of nobody", () => ({ cookie: `__Host-sid=${newToken()}` })],
];

test.each(STRANGERS)("%s opens nothing at the desk, and nothing happens", async (_who, sender) => {
  const before = await everything();
  const wrong: string[] = [];
  for (const route of routes()) {
    if (DESK_PAGE.test(route)) {
      const { status, to, body } = await send(route, fund.slug, sender());
      const signIn = route === "GET /:fund/desk" ? status === 200 && body.includes("Sign in with your passkey") && !body.includes('id="me"') : [303, 405].includes(status) && (status === 405 || to.startsWith(`/${fund.slug}/desk`)); // prettier-ignore
      if (!signIn) wrong.push(`${route}: ${status} ${to}`);
    } else if (DESK_ACT.test(route) || route in bodies()) {
      const { status, body } = await send(route, fund.slug, sender(), bodies()[route]);
      if (status !== 401 || !body.includes(DESK_ACT.test(route) ? "" : "sign-in")) wrong.push(`${route}: ${status} ${body.slice(0, 200)}`); // prettier-ignore
    }
  }
  expect(wrong).toEqual([]);
  expect(await everything()).toBe(before);
});

test("another website with a treasurer's own cookie does nothing", async () => {
  const before = await everything();
  const wrong: string[] = [];
  for (const route of routes().filter((r) => r.startsWith("POST") && (DESK_ACT.test(r) || r in bodies())))
    for (const site of ["cross-site", "same-site"]) {
      const { status } = await send(route, fund.slug, { cookie: cookies.own, site }, bodies()[route]);
      if (status !== 403) wrong.push(`${route} from ${site}: ${status}`);
    }
  expect(wrong).toEqual([]);
  expect(await everything()).toBe(before);
});

test("a treasurer does nothing with another fund's things at their own desk", async () => {
  const wrong: string[] = [];
  const before = await everything();
  for (const [route, body] of Object.entries(bodies())) {
    if (NAMES_NOTHING.includes(route)) continue;
    const { status } = await send(route, other.slug, { cookie: cookies.foreign }, body);
    if (status < 400 || status >= 500) wrong.push(`${route}: ${status}`);
  }
  expect(wrong).toEqual([]);
  // A challenge may have been handed out: it is nobody's yes.
  expect(await everything()).toBe(before);
});

test("seven words open one request, and none without them", async () => {
  for (const route of routes().filter((r) => CLAIMED.test(r)))
    for (const authorization of [undefined, "Claim a b c d e f g", `Bearer ${newToken()}`, "Claim "]) {
      const { status } = await send(route, fund.slug, authorization === undefined ? { cookie: cookies.own } : { authorization }, { text: "x", outcome: "received", amount: 1 }); // prettier-ignore
      expect([route, authorization, [401, 422].includes(status)]).toEqual([route, authorization, true]);
    }
});

test("the harness sees an open door: with their own treasurer, the same routes answer otherwise", async () => {
  const open: string[] = [];
  for (const route of routes().filter((r) => DESK_PAGE.test(r) || r in bodies()))
    if (![401, 303].includes((await send(route, fund.slug, { cookie: cookies.own }, bodies()[route])).status)) open.push(route); // prettier-ignore
  expect(open.length).toBeGreaterThan(30);
});
