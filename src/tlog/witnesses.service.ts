import { Injectable } from "@nestjs/common";
import type { Day } from "../kernel/clock.js";
import { row, rows, type Tx } from "../platform/database/database.js";
import { LogReads } from "./log-reads.service.js";
import type { VerifierKey } from "./note.js";
import { quorumSatisfied, type Policy } from "./policy.js";
import { WitnessGateway, type Witness, type WitnessReply } from "./witness.gateway.js";

export interface ToCosign {
  readonly fundId: string;
  readonly size: number;
  /** The signed note, without cosignatures. */
  readonly note: string;
  readonly logKeys: readonly VerifierKey[];
}

export interface Cosignatures {
  readonly lines: readonly string[];
  /** Since when the policy's quorum has not signed; null while it does, and where no witness is asked. */
  readonly unwitnessedSince: Day | null;
  /** A witness has seen a larger log than ours: our database was rolled back. */
  readonly ahead: boolean;
}

/** Asks the policy's witnesses; whoever is down, slow or lying never stops the log. What each cosigned last is remembered. */
@Injectable()
export class Witnesses {
  constructor(
    private readonly reads: LogReads,
    private readonly gateway: WitnessGateway,
    private readonly policy: Pick<Policy, "witnesses" | "groups" | "quorum"> | null,
    private readonly report: (line: string) => void,
  ) {}

  async cosign(tx: Tx, log: ToCosign, today: Day): Promise<Cosignatures> {
    const { policy } = this;
    if (policy === null) return { lines: [], unwitnessedSince: null, ahead: false };
    const witnesses = policy.witnesses.flatMap(({ name, key, url }) => (url === null ? [] : [{ name, key, url }]));
    const last = await rows<{ witness: string; size: string }>(
      tx,
      "select witness, size from cosignature where fund_id = $1",
      [log.fundId],
    );
    const replies = await Promise.all(
      witnesses.map((witness) =>
        this.ask(tx, log, witness, Number(last.find((l) => l.witness === witness.name)?.size ?? 0)),
      ),
    );
    const lines: string[] = [];
    const signed = new Set<string>();
    for (const [i, reply] of replies.entries()) {
      const witness = witnesses[i];
      if (witness === undefined || !("line" in reply)) continue;
      lines.push(reply.line);
      signed.add(witness.name);
      await tx.query(
        "insert into cosignature (fund_id, witness, size, line, day) values ($1, $2, $3, $4, $5) on conflict (fund_id, witness) do update set size = $3, line = $4, day = $5",
        [log.fundId, witness.name, log.size, reply.line, today],
      );
    }
    const since = await row<{ unwitnessed_since: string | null }>(
      tx,
      "select unwitnessed_since::text as unwitnessed_since from published where fund_id = $1",
      [log.fundId],
    );
    return {
      lines,
      unwitnessedSince: quorumSatisfied({ ...policy, logs: [] }, signed) ? null : (since?.unwitnessed_since ?? today),
      ahead: replies.some((reply) => "failed" in reply && reply.failed === "ahead"),
    };
  }

  private async ask(tx: Tx, log: ToCosign, witness: Witness, lastSize: number): Promise<WitnessReply> {
    // Our own record says that more was cosigned than we now hold.
    if (lastSize > log.size) return { failed: "ahead" };
    const reply = await this.gateway.cosign({
      witness,
      checkpoint: log.note,
      size: log.size,
      lastSize,
      logKeys: log.logKeys,
      proof: (from) => this.reads.consistency(log.fundId, from, log.size, tx),
    });
    if ("failed" in reply) this.report(`witness ${witness.name}: ${reply.failed}`);
    return reply;
  }
}
