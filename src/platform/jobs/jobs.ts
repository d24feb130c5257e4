import { Injectable } from "@nestjs/common";
import type { Tx } from "../database/database.js";

/** What a job carries: names of rows, never anything about a person. */
export type Payload = Readonly<Record<string, string>>;

/** One kind of job. Handlers may be called again after a crash, so each does its work under an idempotency key. */
export interface Task {
  readonly name: string;
  run(payload: Payload): Promise<void>;
}

/** Jobs are enqueued in the transaction of the act that wants them: both happen, or neither. */
@Injectable()
export class Jobs {
  /** `inSeconds` by the database's clock: when a job runs is the machine's matter. */
  async enqueue(
    tx: Tx,
    task: string,
    payload: Payload,
    when: { inSeconds?: number; jobKey?: string } = {},
  ): Promise<void> {
    await tx.query("select enqueue_job($1, $2, $3, $4)", [
      task,
      JSON.stringify(payload),
      when.inSeconds ?? 0,
      when.jobKey ?? null,
    ]);
  }
}
