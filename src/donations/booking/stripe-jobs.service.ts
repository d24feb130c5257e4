import { Injectable } from "@nestjs/common";
import { Database } from "../../platform/database/database.js";
import { Jobs } from "../../platform/jobs/jobs.js";
import type { Wanted } from "./stripe-events.js";

/** How long Stripe may take to know a thing: asked soon at first, and then ever more rarely. */
const FIRST_WAIT_SECONDS = 5;
const WAIT_SECONDS_MAX = 3600;

/** Looks that are wanted again, because Stripe does not know yet. */
@Injectable()
export class StripeJobs {
  constructor(
    private readonly database: Database,
    private readonly jobs: Jobs,
  ) {}

  async now(wanted: Wanted): Promise<void> {
    await this.database.atomically((tx) => this.jobs.enqueue(tx, wanted.task, wanted.payload, { jobKey: wanted.key }));
  }

  /** The payload carries how often it was looked at before. */
  async again(wanted: Wanted, looks = 0): Promise<void> {
    const wait = FIRST_WAIT_SECONDS * 2 ** looks;
    const inSeconds = wait < WAIT_SECONDS_MAX ? wait : WAIT_SECONDS_MAX;
    const payload = { ...wanted.payload, looks: String(looks + 1) };
    await this.database.atomically((tx) =>
      this.jobs.enqueue(tx, wanted.task, payload, { inSeconds, jobKey: `again:${wanted.key}` }),
    );
  }
}
