import { randomInt } from "node:crypto";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { newToken } from "../src/kernel/ids.js";
import { AskAdmission } from "../src/requests/limits/ask-admission.service.js";
import { PersonAtDesk } from "../src/sandbox/person-at-desk.js";
import { ensurePracticeFund, PRACTICE_SLUG } from "../src/sandbox/practice-fund.js";
import { practiceTreasurer } from "../src/sandbox/practice-treasurers.js";
import { openBooks } from "./support/books.js";
import { claimWeb } from "./support/claim-web.js";
import { median, rounded, say } from "./support/measure.js";

const REQUESTS = 10_000;
const SECONDS = 600;
/** People who are really there ask as often as this. */
const TRUE_EVERY_SECONDS = 20;
const DESK_EVERY_SECONDS = 5;
const TRUE_AMOUNT = 4321;

/**
 * 10,000 requests in ten minutes, each with words of its own, by somebody who has paid the work for each of them: the gate in front is left open, as the worst case. Is the desk usable meanwhile, do the
 * people who are there get in, and are they found when two treasurers set the flood aside?
 */
export async function run(words: readonly string[] = []): Promise<object> {
  const [requests, seconds] = [Number(words[0] ?? REQUESTS), Number(words[1] ?? SECONDS)];
  const books = await openBooks(4);
  const web = await claimWeb(books.postgres.urls.app, true);
  try {
    const { app, parts } = web;
    await ensurePracticeFund(app, parts);
    app.get(AskAdmission).admit = () => Promise.resolve();
    const [ana, ben] = [await atDesk(app, "Ana"), await atDesk(app, "Ben")];
    const calm = await deskMs(ana);
    const [asks, desks]: [number[], number[]] = [[], []];
    const codes: string[] = [];
    const sent: Promise<number>[] = [];
    const began = performance.now();
    const elapsed = (): number => (performance.now() - began) / 1000;
    let [nextDesk, nextTrue] = [0, 0];
    for (let i = 0; i < requests; i++) {
      const wait = (i * seconds) / requests - elapsed();
      if (wait > 0.001) await sleep(wait * 1000);
      sent.push(ask(app, randomInt(100, 50_000)).then(({ status }) => status));
      if (elapsed() >= nextDesk) {
        nextDesk += DESK_EVERY_SECONDS;
        void deskMs(ana).then((ms) => desks.push(ms));
      }
      if (elapsed() >= nextTrue) {
        nextTrue += TRUE_EVERY_SECONDS;
        const from = performance.now();
        void ask(app, TRUE_AMOUNT).then(({ code }) => {
          asks.push(performance.now() - from);
          codes.push(code);
        });
      }
      if (i % 1000 === 999) say(`${i + 1} sent, ${Math.round(elapsed())} s, desk ${Math.round(desks.at(-1) ?? 0)} ms`);
    }
    const accepted = (await Promise.all(sent)).filter((status) => status === 201).length;
    const tookSeconds = elapsed();
    const full = await deskMs(ana);
    const asideMs = await setAside(ana, ben);
    for (const code of codes) await here(app, code);
    const { rows } = await books.owner.query<{ state: string; n: string; true: string }>(
      "select state, count(*) as n, count(*) filter (where amount = $1) as true from aid_request group by state order by state",
      [TRUE_AMOUNT],
    );
    return {
      ratio: rounded(percentile(desks, 0.95) / calm),
      requests,
      accepted,
      seconds: rounded(tookSeconds, 0),
      deskCalmMs: rounded(calm),
      deskMedianMs: rounded(median(desks)),
      deskP95Ms: rounded(percentile(desks, 0.95)),
      deskAfterMs: rounded(full),
      askMedianMs: rounded(median(asks)),
      askP95Ms: rounded(percentile(asks, 0.95)),
      setAsideMs: rounded(asideMs),
      afterwards: Object.fromEntries(rows.map((r) => [r.state, { all: Number(r.n), people: Number(r.true) }])),
    };
  } finally {
    await web.close();
    await books.close();
  }
}

async function atDesk(app: NestFastifyApplication, name: string): Promise<PersonAtDesk> {
  return new PersonAtDesk(app, PRACTICE_SLUG, "https://bench.example", await practiceTreasurer(name)).signIn();
}

/** The desk and its page of the line, one after the other. */
async function deskMs(person: PersonAtDesk): Promise<number> {
  const from = performance.now();
  for (const path of ["desk", "desk/line"]) {
    const page = await person.page(path);
    if (!page.includes("You are")) throw new Error(`${path} did not open`);
  }
  return (performance.now() - from) / 2;
}

async function ask(app: NestFastifyApplication, amount: number): Promise<{ status: number; code: string }> {
  const answer = await app.inject({
    method: "POST",
    url: `/api/v1/funds/${PRACTICE_SLUG}/requests`,
    headers: { "content-type": "application/json", "idempotency-key": newToken() },
    payload: JSON.stringify({ amount, payTo: { rail: "venmo", to: "@somebody" } }),
  });
  return { status: answer.statusCode, code: answer.json<{ claimCode?: string }>().claimCode ?? "" };
}

/** Two treasurers say that it is noise. Returns how long the second one's yes took, with all that it does. */
async function setAside(ana: PersonAtDesk, ben: PersonAtDesk): Promise<number> {
  const flood = /name="flood" value="([^"]+)"/.exec(await ana.page("desk/line"))?.[1] ?? "";
  await ana.form("desk/line", { key: newToken(), act: "noise", flood });
  const decision = /data-decision="([^"]+)"/.exec(await ana.page("desk/decisions"))?.[1] ?? "";
  await ana.decide(decision);
  const from = performance.now();
  await ben.decide(decision);
  return performance.now() - from;
}

/** "I am here", with seven words. */
async function here(app: NestFastifyApplication, words: string): Promise<void> {
  await app.inject({
    method: "POST",
    url: `/${PRACTICE_SLUG}/status`,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    remoteAddress: `203.0.${randomInt(256)}.${randomInt(256)}`,
    payload: new URLSearchParams({ words, act: "here" }).toString(),
  });
}

const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;
