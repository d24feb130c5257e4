import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { parseCheckpoint } from "./checkpoint.js";
import { parseNote } from "./note.js";
import { writeDurably } from "./signer.js";
import type { Cosigned } from "./witness.js";

/**
 * What a witness cosigned, one file a log, on the disk before anybody hears of it. The list of logs beside them tells "never seen" from "lost": it is there from the
 * first start on, and a folder without it is refused.
 */
export class WitnessStore {
  private readonly origins: Set<string>;

  /** Throws when the folder holds something and no list: to begin again from nothing would let a fork pass. */
  constructor(private readonly folder: string) {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!fs.existsSync(this.listFile)) {
      if (fs.readdirSync(folder).some((name) => name.endsWith(".checkpoint") || name.endsWith(".key")))
        throw new Error(
          `${this.listFile} is lost: this witness no longer knows what it signed, and must get a new name and key`,
        );
      this.writeList([]);
    }
    this.origins = new Set(JSON.parse(fs.readFileSync(this.listFile, "utf8")) as string[]);
  }

  /** Null for a log that was never cosigned here. Throws when it was, and its file is gone or broken. */
  lastOf(origin: string): Cosigned | null {
    const file = this.fileOf(origin);
    if (!this.origins.has(origin) && !fs.existsSync(file)) return null;
    return parseCheckpoint(parseNote(fs.readFileSync(file, "utf8")).text, origin);
  }

  keep(origin: string, checkpoint: string): void {
    if (!this.origins.has(origin)) {
      // The list first: a log that is listed and has no file signs nothing, and that is the safe way to fail.
      this.writeList([...this.origins, origin]);
      this.origins.add(origin);
    }
    writeDurably(this.fileOf(origin), checkpoint);
  }

  /** The last checkpoint of the log whose origin has this SHA-256, hex; null when there is none. */
  byHash(hash: string): string | null {
    const file = path.join(this.folder, `${hash}.checkpoint`);
    return /^[0-9a-f]{64}$/.test(hash) && fs.existsSync(file) ? fs.readFileSync(file, "utf8") : null;
  }

  private writeList(origins: readonly string[]): void {
    writeDurably(this.listFile, `${JSON.stringify([...origins].sort(), null, 1)}\n`);
  }

  private fileOf(origin: string): string {
    return path.join(this.folder, `${createHash("sha256").update(origin).digest("hex")}.checkpoint`);
  }

  private get listFile(): string {
    return path.join(this.folder, "logs.json");
  }
}
