import { createHash } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { IsNull } from "typeorm";
import { canonicalJson, type Json } from "../kernel/canonical-json.js";
import type { Roster } from "../publication/entry.js";
import { row, rows, type Tx } from "../platform/database/database.js";
import { CredentialRow, TreasurerRow } from "./treasurer.entity.js";

export interface Seat {
  readonly treasurerId: string;
  readonly name: string;
  readonly recipient: string;
}

/** Who sits in the fund's seats. */
@Injectable()
export class Seats {
  async all(tx: Tx, fundId: string): Promise<Seat[]> {
    const found = await tx.find(TreasurerRow, {
      where: { fundId, leftDay: IsNull() },
      order: { joinedDay: "ASC", treasurerId: "ASC" },
    });
    return found.map(({ treasurerId, name, recipient }) => ({ treasurerId, name, recipient }));
  }

  /** What everybody who sits or sat here, or asks for a seat, is called. */
  async names(tx: Tx, fundId: string): Promise<(id: string) => string> {
    const found = await rows<{ id: string; name: string }>(
      tx,
      "select treasurer_id as id, name from treasurer where fund_id = $1 union select candidate_id, name from candidate where fund_id = $1",
      [fundId],
    );
    const names = new Map(found.map(({ id, name }) => [id, name]));
    return (id) => names.get(id) ?? "";
  }

  /** The age recipients that everything for the treasurers is sealed to: those of the roster that the public log carries, once there is one. */
  async recipients(tx: Tx, fundId: string): Promise<string[]> {
    const latest = await this.latestRoster(tx, fundId);
    return (latest?.roster.seats ?? (await this.all(tx, fundId))).map((seat) => seat.recipient);
  }

  /** The roster that is in force; null while the fund is founded. */
  latestRoster(tx: Tx, fundId: string): Promise<{ version: number; roster: Roster } | null> {
    return row(tx, "select version, roster from roster where fund_id = $1 order by version desc limit 1", [fundId]);
  }

  async rosterVersion(tx: Tx, fundId: string): Promise<number> {
    return (await this.latestRoster(tx, fundId))?.version ?? 0;
  }

  /** The roster as it would be logged: ids, signing keys and age recipients, no names. */
  async roster(tx: Tx, fundId: string, quorum: number, origin: string): Promise<{ json: Roster; hash: Buffer }> {
    const seats = await this.all(tx, fundId);
    const credentials = await tx.find(CredentialRow, { where: { fundId }, order: { credentialId: "ASC" } });
    const json: Roster = {
      v: 1,
      quorum,
      origins: [origin],
      seats: seats.map((seat) => ({
        treasurer: seat.treasurerId,
        recipient: seat.recipient,
        keys: credentials
          .filter((c) => c.treasurerId === seat.treasurerId)
          .map((c) => ({ credential: c.credentialId, publicKey: c.publicKey.toString("base64url") })),
      })),
    };
    return { json, hash: rosterHash(json) };
  }

  async writeRoster(tx: Tx, fundId: string, roster: { json: Roster; hash: Buffer }, day: string): Promise<void> {
    const version = (await this.rosterVersion(tx, fundId)) + 1;
    await tx.query("insert into roster (fund_id, version, roster, hash, day) values ($1, $2, $3, $4, $5)", [
      fundId,
      version,
      JSON.stringify(roster.json),
      roster.hash,
      day,
    ]);
  }
}

/** SHA-256 of the canonical JSON (RFC 8785): what statements and log entries refer to. */
export function rosterHash(roster: Roster): Buffer {
  return createHash("sha256")
    .update(canonicalJson(roster as unknown as Json))
    .digest();
}
