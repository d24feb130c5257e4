import { createHash } from "node:crypto";
import fs from "node:fs";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import type { Parts } from "../app.module.js";
import { addDays, dayIn, mondayOf, type HandClock } from "../kernel/clock.js";
import type { Fund } from "../funds/funds.service.js";
import { rows, type Database } from "../platform/database/database.js";
import type { FundClock } from "../fund-clock.js";
import { ReleaseCheck } from "../release-check.js";
import { PersonAtDesk } from "./person-at-desk.js";
import { PRACTICE_NAMES, practiceTreasurer } from "./practice-treasurers.js";

const WEEKS = 5;
/** Dollars, the first gift of a week first; each week takes its own share of them. */
const GIFTS = [25, 50, 10, 100, 25, 40, 250, 25, 60, 15, 120, 30, 75];
const GIFTS_PER_WEEK = [9, 12, 8, 13, 11];
const ASKS: readonly (readonly [dollars: number, category: string | null, rail: string])[] = [
  [120, "rent", "landlord"], [40, "food", "cash"], [35, "transport", "cash-app"], [90, "rent", "venmo"], [45, "rent", "zelle"], [25, "food", "paypal"],
  [60, "rent", "landlord"], [30, null, "cash"], [75, "rent", "bank"], [20, "food", "cash"], [15, "health", "venmo"],
]; // prettier-ignore
const ASKS_PER_WEEK = [6, 9, 7, 10, 9];
/** Most people say that it arrived; some don't, and that is fine. */
const SILENT_EVERY = 5;

/** Fills a few weeks by driving the real flows with a clock that is handed in. A stopped run goes on where it was. */
export class PracticeHistory {
  private readonly codes: string[] = [];

  constructor(
    private readonly app: NestFastifyApplication,
    private readonly parts: Parts,
    private readonly worker: Database,
    private readonly clock: HandClock,
    private readonly fund: Fund,
    private readonly fundClock: FundClock,
    private readonly progressFile: string,
    private readonly today: Date,
  ) {}

  /** Returns false when it was all there already. */
  async fill(): Promise<boolean> {
    const done = this.weeksDone();
    if (done > WEEKS) return false;
    for (let week = done; week < WEEKS; week++) {
      await this.week(week);
      this.remember(week + 1);
    }
    await this.lastAsks();
    this.remember(WEEKS + 1);
    return true;
  }

  private weeksDone(): number {
    try {
      const kept = JSON.parse(fs.readFileSync(this.progressFile, "utf8")) as { fund: string; weeks: number };
      return kept.fund === this.fund.fundId ? kept.weeks : 0;
    } catch {
      return 0;
    }
  }

  private remember(weeks: number): void {
    fs.writeFileSync(this.progressFile, JSON.stringify({ fund: this.fund.fundId, weeks }));
  }

  private async week(week: number): Promise<void> {
    const zone = this.fund.charter.timeZone;
    const monday = addDays(mondayOf(dayIn(zone, this.today)), -7 * (WEEKS - week));
    await this.gifts(week, monday);
    this.at(addDays(monday, 4));
    await this.asks(week, addDays(monday, 4));
    this.at(addDays(monday, 5));
    await this.tick();
    await this.approveAndPay(week);
    this.at(addDays(monday, 6));
    for (const [i, code] of this.codes.splice(0).entries())
      if ((week * ASKS.length + i) % SILENT_EVERY !== 0) await this.confirm(code);
    await this.tick();
  }

  private at(day: string): void {
    this.clock.set(new Date(`${day}T17:00:00Z`));
  }

  /** Gives by the public route, pays on the practice Stripe's page, and waits until the journal has them and they are free. */
  private async gifts(week: number, monday: string): Promise<void> {
    for (const [i, dollars] of GIFTS.slice(0, GIFTS_PER_WEEK[week]).entries()) {
      const day = addDays(monday, i % 3);
      this.at(day);
      const started = await this.inject<{ checkoutUrl: string }>(
        "POST",
        `/api/v1/funds/${this.fund.slug}/donations`,
        { amount: dollars * 100, frequency: "once", coverFee: i % 3 === 0 },
        { "idempotency-key": this.key(`gift ${week} ${i}`) },
      );
      const at = Math.floor(this.clock.now().getTime() / 1000);
      await fetch(started.checkoutUrl, {
        method: "POST",
        body: new URLSearchParams({ card: "4242424242424242", practice_at: String(at) }),
        redirect: "manual",
      });
    }
    const wanted = GIFTS_PER_WEEK.slice(0, week + 1).reduce((sum, n) => sum + n, 0);
    for (let i = 0; i < 400; i++) {
      const [booked] = await rows<{ n: string }>(
        this.parts.database.read,
        "select count(*) as n from transaction where fund_id = $1 and kind = 'available'",
        [this.fund.fundId],
      );
      if (Number(booked?.n ?? 0) >= wanted) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("the practice gifts were not booked");
  }

  private async asks(week: number, day: string): Promise<void> {
    this.at(day);
    for (const [i, [dollars, category, rail]] of ASKS.slice(0, ASKS_PER_WEEK[week]).entries()) {
      const body = {
        amount: (dollars + (week % 2) * 10) * 100,
        ...(category === null ? {} : { category }),
        payTo: { rail, to: `practice neighbour ${week + 1}-${i + 1}` },
        language: i % 2 === 0 ? "en" : "es",
      };
      const asked = await this.inject<{ claimCode: string }>("POST", `/api/v1/funds/${this.fund.slug}/requests`, body, {
        "idempotency-key": this.key(`ask ${week} ${i}`),
      });
      this.codes.push(asked.claimCode);
    }
  }

  /** Three more, today, so that the desk has something to sign. */
  private async lastAsks(): Promise<void> {
    this.clock.set(this.today);
    for (const [i, dollars] of [90, 140, 55].entries()) {
      const body = {
        amount: dollars * 100,
        category: ["food", "rent", "transport"][i],
        payTo: { rail: "cash", to: `practice neighbour today ${i + 1}` },
      };
      await this.inject("POST", `/api/v1/funds/${this.fund.slug}/requests`, body, {
        "idempotency-key": this.key(`ask today ${i}`),
      });
    }
  }

  private async approveAndPay(week: number): Promise<void> {
    const released = (): Promise<number> =>
      this.worker.atomically((tx) => this.app.get(ReleaseCheck).run(tx, this.fund));
    const [ana, ben, chris] = await Promise.all(
      PRACTICE_NAMES.map(async (name) =>
        new PersonAtDesk(
          this.app,
          this.fund.slug,
          this.parts.address.origin,
          await practiceTreasurer(name),
          released,
        ).signIn(),
      ),
    );
    const list = async (state: string): Promise<string[]> =>
      (
        await rows<{ id: string }>(
          this.parts.database.read,
          "select d.disbursement_id as id from disbursement d join aid_request r using (fund_id, request_id) where d.fund_id = $1 and d.state = $2 order by r.arrival",
          [this.fund.fundId, state],
        )
      ).map((d) => d.id);
    const proposed = await list("proposed");
    if (proposed.length > 0) {
      await ana?.approve(proposed);
      await (week % 2 === 0 ? ben : chris)?.approve(proposed);
    }
    for (const [i, id] of (await list("approved")).entries()) {
      const payer = i % 2 === 0 ? chris : ben;
      const rail = ASKS[i % ASKS.length]?.[2] ?? "cash";
      await payer?.take(id);
      await payer?.sent(id, rail, "assets:bank", rail === "cash" ? undefined : `practice ${week}-${i}`);
    }
  }

  private async confirm(code: string): Promise<void> {
    const standing = await this.inject<{ state: string }>("GET", "/api/v1/request", undefined, {
      authorization: `Claim ${code}`,
    });
    if (standing.state === "paid")
      await this.inject(
        "POST",
        "/api/v1/request/confirmations",
        { outcome: "received" },
        { authorization: `Claim ${code}` },
      );
  }

  private async tick(): Promise<void> {
    await this.fundClock.run(this.worker, this.fund);
  }

  private async inject<T>(
    method: "GET" | "POST",
    url: string,
    body: object | undefined,
    headers: Record<string, string>,
  ): Promise<T> {
    const answer = await this.app.inject({
      method,
      url,
      headers: { ...(body ? { "content-type": "application/json" } : {}), ...headers },
      ...(body ? { payload: JSON.stringify(body) } : {}),
    });
    if (answer.statusCode >= 400)
      throw new Error(`${method} ${url.split("/").slice(-1).join("")}: ${answer.statusCode} ${answer.body}`);
    return JSON.parse(answer.body) as T;
  }

  private key(of: string): string {
    return createHash("sha256").update(`history ${this.fund.fundId} ${of}`).digest("base64url");
  }
}
