import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Clock } from "../../src/kernel/clock.js";
import { PublicAddress } from "../../src/platform/http/address.js";
import type { Database } from "../../src/platform/database/database.js";
import { MoneyBatches } from "../../src/publication/money-batches.service.js";
import type { HandedDown, Published } from "../../src/publication/published.js";
import { Publisher } from "../../src/publication/publisher.service.js";
import { LogKeeper } from "../../src/tlog/log-keeper.service.js";
import { LogReads } from "../../src/tlog/log-reads.service.js";
import type { Policy } from "../../src/tlog/policy.js";
import { LogSigner } from "../../src/tlog/signer.js";
import { WitnessGateway } from "../../src/tlog/witness.gateway.js";
import { Witnesses } from "../../src/tlog/witnesses.service.js";

export const NOBODY: HandedDown = { waiting: 0n, asked: 0n, paid: 0n, confirmed: 0n };

/** A log key in a folder of its own, as on a server's first start. */
export function newKeyFile(): string {
  return path.join(fs.mkdtempSync(path.join(os.tmpdir(), "commonpot-log-")), "log.key");
}

/** The worker's publishing by itself: one tick, then the checkpoint. `database` is connected as the worker. */
export class TestPublisher {
  readonly keeper: LogKeeper;
  readonly reported: string[] = [];
  readonly publisher: Publisher;

  constructor(
    private readonly database: Database,
    clock: Clock,
    keyFile = newKeyFile(),
    policy: Policy | null = null,
    origin = "http://localhost:1",
  ) {
    const gateway = new WitnessGateway(fetch, 500);
    const witnesses = new Witnesses(new LogReads(database), gateway, policy, (line) => this.reported.push(line));
    this.keeper = new LogKeeper(LogSigner.open(keyFile), witnesses);
    this.publisher = new Publisher(this.keeper, new MoneyBatches(), new PublicAddress(origin), clock);
  }

  async tick(fund: Published, counts = NOBODY): Promise<number | null> {
    const ticked = await this.database.atomically((tx) => this.publisher.tick(tx, fund, counts));
    await this.keeper.publish(this.database.read, fund.fundId, "2026-11-25", ticked !== null);
    return ticked;
  }
}
