import { Injectable } from "@nestjs/common";
import type { Day } from "../kernel/clock.js";
import { row, type Tx } from "../platform/database/database.js";
import { formatCheckpoint } from "./checkpoint.js";
import { decodeRange, extend, type Extension } from "./log.js";
import { EMPTY_RANGE, EMPTY_ROOT, sameHash, type CompactRange } from "./merkle.js";
import { formatNote, formatVerifierKey, sign } from "./note.js";
import type { LogSigner } from "./signer.js";
import { Witnesses } from "./witnesses.service.js";

/** Where a log stands. A log that has no entry yet has the origin that it is about to get. */
export interface LogHead {
  readonly fundId: string;
  readonly origin: string;
  readonly vkey: string;
  readonly range: CompactRange;
}

/** Entries, worked out and signed, for the one function that writes them. */
export interface SignedExtension extends Extension {
  readonly head: LogHead;
  readonly bodies: readonly Uint8Array[];
  readonly note: string;
}

/** Why nothing may be signed: the log stands still, everything else goes on. */
export class Halted extends Error {}

export interface KeyChange {
  readonly vkey: string;
  readonly state: "added" | "retired";
}

/**
 * Keeps the logs: signs in the commit that grows one, then writes the signer's own head, asks the witnesses, and publishes the checkpoint last. Each step may
 * be repeated; the normal start does what is left over (docs/architecture.md, the log).
 */
@Injectable()
export class LogKeeper {
  constructor(
    private readonly signer: LogSigner | null,
    private readonly witnesses: Witnesses,
  ) {}

  /** Where the log stands. Whoever grows it meanwhile wins, and this one is refused by its size. Throws Halted when the signer must not sign on top of it. */
  async head(tx: Tx, fundId: string, originIfNew: string): Promise<LogHead> {
    const signer = this.required();
    const found = await row<{ origin: string; vkey: string; size: string; range: Buffer }>(
      tx,
      "select origin, vkey, size, range from log where fund_id = $1",
      [fundId],
    );
    if (found === null) {
      const [key] = signer.keysFor(originIfNew);
      // Remembered before the first signature: from now on a log of another size than the signer's is noticed.
      if (signer.headOf(originIfNew) === null) signer.remember(originIfNew, { size: 0, root: EMPTY_ROOT });
      const head = {
        fundId,
        origin: originIfNew,
        vkey: key === undefined ? "" : formatVerifierKey(key),
        range: EMPTY_RANGE,
      };
      await this.refuseToFork(tx, head);
      return head;
    }
    const head = {
      fundId,
      origin: found.origin,
      vkey: found.vkey,
      range: decodeRange(Number(found.size), found.range),
    };
    await this.refuseToFork(tx, head);
    return head;
  }

  /** The keys that the file has and the log does not know, and the other way round. `known` are those that the log has announced. */
  keyChanges(head: LogHead, known: ReadonlySet<string>): KeyChange[] {
    if (head.range.size === 0)
      return this.vkeys(head.origin)
        .filter((vkey) => vkey !== head.vkey)
        .map((vkey) => ({ vkey, state: "added" }));
    const have = this.vkeys(head.origin);
    if (!have.some((vkey) => known.has(vkey))) throw new Halted("the key file holds none of this log's keys");
    return [
      ...have.filter((vkey) => !known.has(vkey)).map((vkey) => ({ vkey, state: "added" as const })),
      ...[...known].filter((vkey) => !have.includes(vkey)).map((vkey) => ({ vkey, state: "retired" as const })),
    ];
  }

  extend(head: LogHead, bodies: readonly Uint8Array[]): SignedExtension {
    const extension = extend(head.range, bodies);
    const text = formatCheckpoint({ origin: head.origin, size: extension.range.size, root: extension.root });
    const signatures = this.required()
      .keysFor(head.origin)
      .map((key) => sign(text, key));
    return { ...extension, head, bodies, note: formatNote({ text, signatures }) };
  }

  /**
   * What follows the commit. `again` asks the witnesses also when the log did not grow: the clock ticked. Repeating it changes nothing.
   * Returns whether the published checkpoint moved.
   */
  async publish(tx: Tx, fundId: string, today: Day, again: boolean): Promise<boolean> {
    const log = await row<{ origin: string; size: string; root: Buffer; note: string; published: string | null }>(
      tx,
      "select l.origin, l.size, c.root, c.note, p.size as published from log l join checkpoint c using (fund_id, size) left join published p on p.fund_id = l.fund_id where l.fund_id = $1",
      [fundId],
    );
    if (log === null) return false;
    const size = Number(log.size);
    const behind = log.published === null || Number(log.published) < size;
    if (!behind && !again) return false;
    await this.refuseToFork(tx, { fundId, origin: log.origin, vkey: "", range: { size, hashes: [] } });
    const remembered = this.required().headOf(log.origin);
    if (remembered === null || remembered.size < size)
      this.required().remember(log.origin, { size, root: new Uint8Array(log.root) });
    const { lines, unwitnessedSince, ahead } = await this.witnesses.cosign(
      tx,
      { fundId, size, note: log.note, logKeys: this.required().keysFor(log.origin) },
      today,
    );
    if (ahead) throw new Halted("rollback detected: a witness has seen more of this log than this database holds");
    await tx.query("select publish_checkpoint($1, $2, $3, $4)", [
      fundId,
      size,
      log.note + lines.join(""),
      unwitnessedSince,
    ]);
    return behind;
  }

  /** Why this log stands still; null lets it go on. Pages show it. */
  async setHalted(tx: Tx, fundId: string, reason: string | null, day: Day): Promise<void> {
    if (reason === null) await tx.query("delete from halted where fund_id = $1", [fundId]);
    else
      await tx.query(
        "insert into halted (fund_id, reason, day) values ($1, $2, $3) on conflict (fund_id) do update set reason = $2",
        [fundId, reason, day],
      );
  }

  /** A restored backup must not fork the log: whoever remembers more than the database stops it. */
  private async refuseToFork(tx: Tx, head: LogHead): Promise<void> {
    const remembered = this.required().headOf(head.origin);
    if (remembered === null)
      throw new Halted("the signer's head file is missing: commonpot log adopt-head, when this database is the newest");
    if (remembered.size > head.range.size)
      throw new Halted("rollback detected: the signer has signed more than this database holds");
    if (remembered.size > 0) {
      const found = await row<{ root: Buffer }>(tx, "select root from checkpoint where fund_id = $1 and size = $2", [
        head.fundId,
        remembered.size,
      ]);
      if (found === null || !sameHash(new Uint8Array(found.root), remembered.root))
        throw new Halted("rollback detected: the signer has signed another log of this size");
    }
  }

  private vkeys(origin: string): string[] {
    return this.required().keysFor(origin).map(formatVerifierKey);
  }

  private required(): LogSigner {
    if (this.signer === null) throw new Halted("this process holds no key of the log");
    return this.signer;
  }
}
