import type { Fund } from "../../src/funds/funds.service.js";
import { newToken } from "../../src/kernel/ids.js";
import { ask, openFund, startCommonpot, type Commonpot } from "../support/commonpot.js";

jest.setTimeout(180_000);

/*
 * Every field that somebody who asks can fill, with what breaks programs (faults 40, 67, 69, 71). What must be refused is refused clearly and leaves nothing half-stored; whatever else comes, nothing
 * answers with 5xx.
 */
const LONG = "x".repeat(9000);
/** No text may hold these: NUL, controls, half of a surrogate pair, marks that turn the direction, nothing at all, and too much. */
const NO_TEXT: readonly string[] = ["a\u0000b", "a\u0007b", "a\u202eb", "a\u2066b", "a\ufeffb", "\ud800", LONG, "", "   "]; // prettier-ignore
const NO_AMOUNT = ["-1", "0", "-0", "1.555", "1e3", "0x10", "9007199254740993", "9223372036854775808", "Infinity", "NaN", "", " ", "1,2,3", "$", "true", "[]", "{}"]; // prettier-ignore
const NO_AMOUNT_JSON: readonly unknown[] = [-1, 0, 1.5, 1e300, 2 ** 53, "100", "1e3", true, false, null, [], {}, [100], { $gt: 0 }, "a\u0000b"]; // prettier-ignore
const NO_DAY: readonly string[] = ["2026-02-30", "2026-13-01", "0000-00-00", "yesterday", "2020-01-01", "2026-1-1", "９９９９-01-01", "2026-01-01T00:00:00Z", "a\u0000b", LONG]; // prettier-ignore
const NO_CHOICE = ["bitcoin", "__proto__", "constructor", "toString", "CASH", "cash ", "a\u0000b", LONG];
const NO_STRING_JSON: readonly unknown[] = [1, true, null, [], {}, ["cash"], { toString: "x" }, [["deep"]]];
/** A browser sends no half of a pair. */
const NO_FORM_TEXT = NO_TEXT.filter((text) => text.isWellFormed());
/** Odd, and allowed: shown as text, and nothing else. */
const ODD = ["'; drop table aid_request; --", "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "${7*7}", "%00", "🫶🏽 四字 é", "a\u200bb\u200b", "../../etc/passwd", "null"]; // prettier-ignore

let pot: Commonpot;
let fund: Fund;
beforeAll(async () => {
  pot = await startCommonpot({ worker: false });
  fund = await openFund(pot, "elm-street");
});
afterAll(() => pot.close());

interface Answer {
  readonly status: number;
  readonly body: string;
}
const json = async (url: string, payload: string, headers: Record<string, string> = {}): Promise<Answer> => {
  const answer = await pot.app.inject({ method: "POST", url, headers: { "content-type": "application/json", "idempotency-key": newToken(), ...headers }, payload }); // prettier-ignore
  return { status: answer.statusCode, body: answer.body };
};
const form = async (url: string, fields: Record<string, string>): Promise<Answer> => {
  const answer = await pot.app.inject({
    method: "POST",
    url: `/${fund.slug}/${url}`,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    payload: new URLSearchParams(fields).toString(),
  });
  return { status: answer.statusCode, body: answer.body };
};
const isOneOf = (status: number, wanted: readonly number[]): boolean | number => wanted.includes(status) || status;

/** Everything of requesters that is stored, as counts and versions: what a half-done act would move. */
const stored = async (): Promise<string> =>
  (
    await (
      await pot.db.as("owner")
    ).query(
      "select (select count(*) from aid_request)::text || ' ' || (select coalesce(sum(version), 0) from aid_request) || ' ' || (select count(*) from request_message) || ' ' || (select count(*) from claim_locator) || ' ' || (select asked from queue limit 1) as t",
    )
  ).rows[0].t;

function withAt(base: object, path: readonly (string | number)[], value: unknown): object {
  const [first, ...rest] = path;
  const copy: any = Array.isArray(base) ? [...(base as unknown[])] : { ...base };
  copy[first!] = rest.length === 0 ? value : withAt(copy[first!] as object, rest, value);
  return copy as object;
}

const BODY = {
  amount: 3000,
  category: "rent",
  neededBy: "2099-01-01",
  language: "en",
  payTo: { rail: "cash", to: "the corner" },
  payee: "landlord",
  legs: [{ rail: "cash", to: "the door", amount: 1000 }],
  held: { name: "as booked", number: "12", place: "county" },
  contact: { at: "a number", hours: "evenings", message: true, shared: false },
};
const TEXTS = [["payTo", "to"], ["legs", 0, "to"], ["held", "name"], ["held", "number"], ["held", "place"], ["contact", "at"], ["contact", "hours"]] as const; // prettier-ignore
const CHOICES = [["category"], ["language"], ["payTo", "rail"], ["payee"], ["legs", 0, "rail"]] as const;
const OBJECTS = [["payTo"], ["legs"], ["held"], ["contact"], ["legs", 0]] as const;

describe("the API that asks", () => {
  const url = "/api/v1/funds/elm-street/requests";
  const cases: [string, readonly (string | number)[], readonly unknown[]][] = [
    ...TEXTS.map((p) => [p.join("."), p, [...NO_TEXT, ...NO_STRING_JSON]] as [string, typeof p, unknown[]]),
    ...CHOICES.map((p) => [p.join("."), p, [...NO_CHOICE, ...NO_STRING_JSON]] as [string, typeof p, unknown[]]), // prettier-ignore
    ...OBJECTS.map((p) => [p.join("."), p, ["text", 7, true, null, [[]], [7]]] as [string, typeof p, unknown[]]),
    ["amount", ["amount"], NO_AMOUNT_JSON],
    ["legs.0.amount", ["legs", 0, "amount"], [...NO_AMOUNT_JSON, 3000, 3001]],
    ["neededBy", ["neededBy"], [...NO_DAY, 20260101, null, {}, []]],
    ["noCode", ["noCode"], ["yes", 1, null, {}, []]],
    ["sealed", ["sealed"], ["plain", "-----BEGIN AGE ENCRYPTED FILE-----", 7, null, {}, LONG]],
  ];
  test.each(cases)("%s", async (_name, path, values) => {
    const before = await stored();
    for (const value of values) {
      const answer = await json(url, JSON.stringify(withAt(BODY, path, value)));
      expect([value, isOneOf(answer.status, [400, 413, 422])]).toEqual([value, true]);
      expect(answer.body).toContain("urn:commonpot:problem:");
    }
    expect(await stored()).toBe(before);
  });

  test("a body that is no object, too deep, doubled, or named like a trap", async () => {
    const before = await stored();
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const bodies = ["", "null", "7", '"x"', "[]", "{", deep, `{"payTo":${deep}}`, '{"__proto__":{"amount":1}}', '{"constructor":{"prototype":{"amount":1}}}', `{"amount":3000,"reason":"because"}`, `{"amount":3000,"payTo":{"rail":"cash","to":"x","immigration":"x"}}`]; // prettier-ignore
    for (const body of bodies)
      expect([(await json(url, body)).status].filter((s) => ![400, 413, 415, 422].includes(s))).toEqual([]);
    expect(await stored()).toBe(before);
    expect(({} as { amount?: number }).amount).toBeUndefined();
  });

  test("what is odd and allowed is kept whole, locked, and does nothing", async () => {
    const count = async (): Promise<number> => Number((await stored()).split(" ")[0]);
    const before = await count();
    for (const text of ODD) {
      const answer = await json(url, JSON.stringify({ ...BODY, payTo: { rail: "cash", to: text } }));
      expect([text, answer.status]).toEqual([text, 201]);
    }
    expect(await count()).toBe(before + ODD.length);
  });
});

describe("the form that asks", () => {
  const FIELDS = {
    amount: "30", rail: "cash", to: "the corner", category: "rent", neededBy: "2099-01-01", payee: "landlord", rail1: "cash", to1: "the door", amount1: "10",
    heldName: "as booked", heldNumber: "12", heldPlace: "county", contactAt: "a number", contactHours: "evenings",
  }; // prettier-ignore
  const optional = (values: readonly string[]): string[] => values.filter((v) => v.trim() !== "");
  const cases: [keyof typeof FIELDS, readonly string[]][] = [
    ["amount", NO_AMOUNT],
    ["amount1", [...optional(NO_AMOUNT), "30", "31"]],
    ["rail", NO_CHOICE],
    ["rail1", NO_CHOICE],
    ["category", NO_CHOICE],
    ["payee", NO_CHOICE],
    ["neededBy", NO_DAY],
    ["to", NO_FORM_TEXT],
    ["to1", NO_FORM_TEXT],
    ...(["heldName", "heldNumber", "heldPlace", "contactAt"] as const).map((name) => [name, optional(NO_FORM_TEXT)] as [typeof name, string[]]), // prettier-ignore
  ];
  test.each(cases)("%s: the page comes back, names it, and keeps the rest", async (name, values) => {
    const before = await stored();
    for (const value of values) {
      const answer = await form("ask", { ...FIELDS, key: newToken(), [name]: value });
      expect([value, answer.status]).toEqual([value, 422]);
      const elsewhere = name === "contactHours" ? "as booked" : "evenings";
      expect(answer.body).toContain(elsewhere);
      expect(answer.body).not.toContain("<script>alert");
    }
    expect(await stored()).toBe(before);
  });
});

test("with seven words: messages, changes and confirmations", async () => {
  const code = await ask(pot, fund.slug, 3000);
  const before = await stored();
  const headers = { authorization: `Claim ${code}` };
  for (const text of [...NO_TEXT, ...NO_STRING_JSON])
    expect([text, isOneOf((await json("/api/v1/request/messages", JSON.stringify({ text }), headers)).status, [400, 413, 422])]).toEqual([text, true]); // prettier-ignore
  for (const amount of NO_AMOUNT_JSON.filter((v) => v !== null))
    expect([amount, isOneOf((await json("/api/v1/request/changes", JSON.stringify({ amount }), headers)).status, [400, 413, 422])]).toEqual([amount, true]); // prettier-ignore
  for (const neededBy of NO_DAY)
    expect([neededBy, isOneOf((await json("/api/v1/request/changes", JSON.stringify({ neededBy }), headers)).status, [400, 413, 422])]).toEqual([neededBy, true]); // prettier-ignore
  for (const to of [...NO_TEXT, ...NO_STRING_JSON])
    expect([to, isOneOf((await json("/api/v1/request/changes", JSON.stringify({ payTo: { rail: "cash", to } }), headers)).status, [400, 413, 422])]).toEqual([to, true]); // prettier-ignore
  for (const outcome of NO_CHOICE)
    expect([(await json("/api/v1/request/confirmations", JSON.stringify({ outcome }), headers)).status].filter((s) => ![400, 409, 413, 422].includes(s))).toEqual([]); // prettier-ignore
  for (const text of NO_FORM_TEXT) expect([(await form("status", { words: code, code, act: "messages", text })).status].filter((s) => ![413, 422].includes(s))).toEqual([]); // prettier-ignore
  for (const newAmount of NO_AMOUNT) expect([newAmount, (await form("status", { words: code, code, act: "changes", newAmount })).status]).toEqual([newAmount, 422]); // prettier-ignore
  for (const newDay of NO_DAY) expect([(await form("status", { words: code, code, act: "changes", newDay })).status].filter((s) => ![413, 422].includes(s))).toEqual([]); // prettier-ignore
  for (const act of ["__proto__", "constructor", "drop"]) expect((await form("status", { words: code, code, act })).status).toBe(200); // prettier-ignore
  for (const words of [...NO_FORM_TEXT, ...NO_CHOICE]) expect([(await form("status", { words, code: words })).status].filter((s) => ![401, 413, 422, 429].includes(s))).toEqual([]); // prettier-ignore
  expect(await stored()).toBe(before);
});
