import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import pg from "pg";
import { canonicalJson } from "../../src/kernel/canonical-json.js";
import { newToken } from "../../src/kernel/ids.js";
import { answerText } from "../../src/requests/messages/message.js";
import { open, seal } from "../../src/requests/sealing.js";
import { PersonAtDesk } from "../../src/sandbox/person-at-desk.js";
import { practiceTreasurer } from "../../src/sandbox/practice-treasurers.js";
import { identityFromBytes } from "../../src/treasurers/wrapped-identity.js";
import { until } from "../support/commonpot.js";
import { familyOf, newDir, start, stop, stopAll, type Started } from "../support/program.js";

jest.setTimeout(240_000);

/*
 * Somebody takes the server away: its folder, its logs, what its processes were started with and, for what was locked in the browser, their memory while they run. Every text of a requester's
 * begins with a mark of this run; none of it may be found, in any of the ways that bytes are written down.
 */
const MARK = `canary${randomBytes(6).toString("hex")}`;
const BROWSER_MARK = `singing${randomBytes(6).toString("hex")}`;
let planted = 0;
const plant = (what: string): string => `${MARK} ${what} ${(planted += 1)}`;

const dir = newDir();
let program: Started;
let database: pg.Client;
const codes: string[] = [];

beforeAll(async () => {
  program = await start({ DATA_DIR: dir });
  await until(
    "the practice fund has its history",
    () => Promise.resolve(program.said().includes("has its history")),
    90,
  );
  database = new pg.Client({ connectionString: superuserUrl() });
  await database.connect();
});
afterAll(async () => {
  await database.end().catch(() => undefined);
  await stopAll();
});

function superuserUrl(): string {
  const { port, passwords } = JSON.parse(fs.readFileSync(path.join(dir, "postgres/server.json"), "utf8")) as {
    port: number;
    passwords: { superuser: string };
  };
  return `postgres://postgres:${passwords.superuser}@127.0.0.1:${port}/commonpot`;
}

/** The ways in which a text may lie in bytes: as it is, as UTF-16, in hexadecimal, and in base64 at each of its three places. */
function waysOf(mark: string): Buffer[] {
  const bytes = Buffer.from(mark);
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replaceAll("=", "");
    return text.slice(shift === 0 ? 0 : shift + 1, -2);
  });
  const texts = [mark, bytes.toString("hex"), ...base64, ...base64.map((t) => t.replaceAll("+", "-").replaceAll("/", "_"))]; // prettier-ignore
  return [...new Set(texts)].map((text) => Buffer.from(text)).concat(Buffer.from(mark, "utf16le"));
}
const has = (bytes: Buffer, mark: string): boolean => waysOf(mark).some((way) => bytes.includes(way));

function filesWith(mark: string): string[] {
  return (fs.readdirSync(dir, { recursive: true, withFileTypes: true }) as fs.Dirent[])
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => has(fs.readFileSync(file), mark));
}

/** Every row of every table, as text: what a dump holds, with nothing hidden by compression. */
async function tablesWith(mark: string): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>(
    "select c.oid::regclass::text as name from pg_class c where c.relkind in ('r', 'm') and c.relnamespace = 'public'::regnamespace",
  );
  const found: string[] = [];
  for (const { name } of rows) {
    const { rows: texts } = await database.query<{ text: string }>(`select t::text as text from ${name} t`);
    if (texts.some(({ text }) => has(Buffer.from(text), mark))) found.push(name);
  }
  expect(rows.length).toBeGreaterThan(40);
  return found;
}

/** What the processes hold in memory now. */
function processesWith(mark: string): string[] {
  return familyOf(program.child.pid!).filter((pid) => memoryHas(pid, mark)).map((pid) => {
    return `${pid} ${fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}`;
  }); // prettier-ignore
}
function memoryHas(pid: number, mark: string): boolean {
  const ways = waysOf(mark);
  let memory: number;
  try {
    memory = fs.openSync(`/proc/${pid}/mem`, "r");
  } catch (error) {
    // A process of the database's that has ended since it was listed holds nothing.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
  try {
    return fs.readFileSync(`/proc/${pid}/maps`, "utf8").split("\n").some((line) => {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
      if (from === undefined || to === undefined) return false;
      const [begin, size] = [BigInt(`0x${from}`), Number(BigInt(`0x${to}`) - BigInt(`0x${from}`))];
      try {
        const bytes = Buffer.alloc(size);
        fs.readSync(memory, bytes, 0, size, begin);
        return ways.some((way) => bytes.includes(way));
      } catch {
        return false;
      }
    }); // prettier-ignore
  } finally {
    fs.closeSync(memory);
  }
}

const fund = "example-fund";
const post = (url: string, body: object, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${program.origin}${url}`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": newToken(), ...headers },
    body: JSON.stringify(body),
  });
const form = (url: string, fields: Record<string, string>): Promise<Response> =>
  fetch(`${program.origin}${url}`, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });

/** The treasurers' own routes over HTTP, as their browsers use them. */
async function seated(name: string): Promise<PersonAtDesk> {
  const inject = async ({
    method,
    url,
    headers,
    payload,
  }: {
    method: string;
    url: string;
    headers: Record<string, string>;
    payload?: string;
  }): Promise<object> => {
    const answer = await fetch(program.origin + url, { method, headers, ...(payload === undefined ? {} : { body: payload }), redirect: "manual" }); // prettier-ignore
    const cookie = answer.headers.get("set-cookie");
    return { statusCode: answer.status, headers: cookie === null ? {} : { "set-cookie": cookie }, body: await answer.text() }; // prettier-ignore
  };
  const http = { inject } as unknown as NestFastifyApplication;
  return new PersonAtDesk(http, fund, program.origin, await practiceTreasurer(name)).signIn();
}

async function asked(answer: Response): Promise<string> {
  expect(answer.status).toBe(201);
  const { claimCode } = (await answer.json()) as { claimCode: string };
  codes.push(claimCode);
  return claimCode;
}

test("requesters and treasurers leave two hundred texts behind, by every route that takes one", async () => {
  const authorization = (code: string): Record<string, string> => ({ authorization: `Claim ${code}` });
  for (let i = 0; i < 8; i++) {
    const code = await asked(
      await post(`/api/v1/funds/${fund}/requests`, {
        amount: 3000,
        payTo: { rail: "bank", to: plant("account") },
        payee: "landlord",
        legs: [{ rail: "cash", to: plant("second part"), amount: 1000 }],
        held: { name: plant("as booked"), number: plant("booking"), place: plant("jail") },
        contact: { at: plant("phone"), hours: plant("hours"), message: true, shared: true },
      }),
    );
    for (const what of ["one", "two", "three"])
      expect((await post("/api/v1/request/messages", { text: plant(what) }, authorization(code))).status).toBeLessThan(300); // prettier-ignore
    expect(
      (await post("/api/v1/request/changes", { payTo: { rail: "zelle", to: plant("new account") } }, authorization(code)))
        .status,
    ).toBe(200); // prettier-ignore
    await form(`/${fund}/status`, { words: code, code, act: "messages", text: plant("by form"), key: newToken() });
    await form(`/${fund}/status`, { words: code, code, act: "changes", rail: "venmo", to: plant("by form") });
  }
  for (let i = 0; i < 6; i++) {
    const page = await form(`/${fund}/ask`, {
      key: newToken(), amount: "31", rail: "paypal", to: plant("to"), heldName: plant("name"), heldNumber: plant("number"), heldPlace: plant("place"),
      contactAt: plant("at"), contactHours: plant("hours"), rail1: "cash", to1: plant("leg"), amount1: "5",
    }); // prettier-ignore
    expect(page.status).toBeLessThan(400);
  }
  // What is refused, or is no route at all, leaves nothing behind either.
  for (let i = 0; i < 8; i++) {
    await post(`/api/v1/funds/${fund}/requests`, { amount: plant("amount"), payTo: { rail: plant("rail"), to: plant("to").repeat(40) }, because: plant("reason") }); // prettier-ignore
    await form(`/${fund}/ask`, { amount: plant("amount"), rail: "venmo", to: `${plant("control")}\u0007` });
    await form(`/${fund}/status`, { words: plant("wrong words"), code: plant("wrong code") });
    await post("/api/v1/request/messages", { text: plant("unheard") }, authorization(plant("no code")));
    await fetch(`${program.origin}/${fund}/status?words=${encodeURIComponent(plant("in the address"))}`);
    await fetch(`${program.origin}/${encodeURIComponent(plant("path"))}`, { headers: { "user-agent": plant("agent"), referer: plant("referer"), "x-forwarded-for": plant("proxy") } }); // prettier-ignore
    await fetch(`${program.origin}/api/v1/funds/${fund}/requests`, { method: "POST", headers: { "content-type": "application/json" }, body: `{"payTo": "${plant("broken")}` }); // prettier-ignore
  }
  expect(planted).toBeGreaterThanOrEqual(200);
});

test("a treasurer answers, pays and notes a reference; what was written can be read by treasurers", async () => {
  const [ana, ben] = [await seated("Ana"), await seated("Ben")];
  const { rows } = await database.query<{ id: string; reply: string; sealed: string }>(
    "select r.request_id as id, r.reply_recipient as reply, r.sealed from aid_request r where exists (select from request_message m where m.request_id = r.request_id) and r.reply_recipient is not null and r.sealed is not null order by r.arrival desc limit 1",
  );
  const { id, reply, sealed } = rows[0]!;
  const anas = identityFromBytes(createHash("sha256").update("commonpot practice Ana identity").digest());
  // The texts are there, for whoever has a treasurer's key: the search below is for something that exists.
  expect(await open(sealed, anas)).toContain(MARK);
  const { messages } = await ana.openMessages(id);
  expect(await open(messages[0]!.sealed, anas)).toContain(MARK);
  await ana.post("messages", { request: id, sealed: await seal(answerText({ words: plant("answer") }), [reply]) });

  const found = await until("somebody is next", async () => (await proposed()).length > 0, 30).then(proposed);
  const one = found.slice(0, 1);
  await ana.approve(one);
  await ben.approve(one);
  await ana.take(one[0]!);
  await ana.sent(one[0]!, "venmo", "assets:bank", plant("reference"));
});
const proposed = async (): Promise<string[]> =>
  (
    await database.query<{ id: string }>(
      "select d.disbursement_id as id from disbursement d join aid_request r using (fund_id, request_id) where d.state = 'proposed' and r.version = d.request_version order by r.arrival",
    )
  ).rows.map((r) => r.id);

test("what a browser locked is not even in the memory of the processes", async () => {
  const recipients = await Promise.all(["Ana", "Ben", "Chris"].map(async (n) => (await practiceTreasurer(n)).recipient)); // prettier-ignore
  const details = { payTo: { rail: "cash", to: `${BROWSER_MARK} at the corner` }, language: "en" };
  const sealed = await seal(canonicalJson(details), recipients);
  await asked(await post(`/api/v1/funds/${fund}/requests`, { amount: 2000, sealed }));
  expect(processesWith(BROWSER_MARK)).toEqual([]);
  // The same look finds a text that a server was shown.
  expect(processesWith("example-fund").length).toBeGreaterThan(0);
});

test("nothing of it is in tables, files, write-ahead log, logs, metrics, errors, what processes were started with, nor in the public log", async () => {
  await database.query("checkpoint");
  expect(await tablesWith(MARK)).toEqual([]);
  const pages = [`/${fund}/books`, `/api/v1/funds/${fund}/entries`, `/${fund}/log/checkpoint`, "/metrics", "/api/v1/funds"]; // prettier-ignore
  for (const page of pages) expect(has(Buffer.from(await (await fetch(program.origin + page)).arrayBuffer()), MARK)).toBe(false); // prettier-ignore
  for (const pid of familyOf(program.child.pid!))
    for (const file of ["environ", "cmdline"]) expect(has(fs.readFileSync(`/proc/${pid}/${file}`), MARK)).toBe(false);
  for (const code of codes) expect(await tablesWith(code)).toEqual([]);
  await database.end();
  await stop(program.child);
  expect(filesWith(MARK)).toEqual([]);
  expect(filesWith(BROWSER_MARK)).toEqual([]);
  expect(codes.filter((code) => filesWith(code).length > 0)).toEqual([]);
  expect(program.said()).not.toContain(MARK);
  expect(fs.readdirSync(process.cwd()).filter((name) => /^core(\.|$)/.test(name))).toEqual([]);
});

test("the search would find what was left lying about: in a table, in a file, in PostgreSQL's own log", async () => {
  program = await start({ DATA_DIR: dir });
  database = new pg.Client({ connectionString: superuserUrl() });
  await database.connect();
  await database.query("create table public.left_lying (text text)");
  await database.query("insert into public.left_lying values (encode($1::bytea, 'base64'))", [`xy${MARK} lies here`]);
  expect(await tablesWith(MARK)).toEqual(["left_lying"]);
  await database.query("set log_min_error_statement = error");
  await database.query(`select 1 / 0 as "${MARK}"`).catch(() => undefined);
  await database.query("checkpoint");
  await database.end();
  await stop(program.child);
  const files = filesWith(MARK).map((file) => path.relative(dir, file).replaceAll(/\d+/g, "0"));
  expect(files).toContain("postgres/server.log");
  expect(files.some((file) => file.startsWith("postgres/data/base/"))).toBe(true);
  expect(files.some((file) => file.startsWith("postgres/data/pg_wal/"))).toBe(true);
});
