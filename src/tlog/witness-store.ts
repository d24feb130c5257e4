import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { parseCheckpoint } from "./checkpoint.js";
import { parseNote } from "./note.js";
import { writeDurably } from "./signer.js";
import type { Cosigned } from "./witness.js";

/** What a witness cosigned, one file a log, on the disk before anybody hears of it. The list of logs beside them tells "never seen" from "lost". */
export class WitnessStore {
  private readonly origins: Set<string>;

  constructor(private readonly folder: string) {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.origins = new Set(
      fs.existsSync(this.listFile) ? (JSON.parse(fs.readFileSync(this.listFile, "utf8")) as string[]) : [],
    );
  }

  /** Null for a log that was never cosigned here. Throws when it was, and its file is gone or broken: to begin again from nothing would let a fork pass. */
  lastOf(origin: string): Cosigned | null {
    if (!this.origins.has(origin)) return null;
    return parseCheckpoint(parseNote(fs.readFileSync(this.fileOf(origin), "utf8")).text, origin);
  }

  keep(origin: string, checkpoint: string): void {
    // The file before the list: a crash between the two leaves a log that is not listed and not answered yet.
    writeDurably(this.fileOf(origin), checkpoint);
    if (this.origins.has(origin)) return;
    this.origins.add(origin);
    writeDurably(this.listFile, `${JSON.stringify([...this.origins].sort(), null, 1)}\n`);
  }

  /** The last checkpoint of the log whose origin has this SHA-256, hex; null when there is none. */
  byHash(hash: string): string | null {
    const file = path.join(this.folder, `${hash}.checkpoint`);
    return /^[0-9a-f]{64}$/.test(hash) && fs.existsSync(file) ? fs.readFileSync(file, "utf8") : null;
  }

  private fileOf(origin: string): string {
    return path.join(this.folder, `${createHash("sha256").update(origin).digest("hex")}.checkpoint`);
  }

  private get listFile(): string {
    return path.join(this.folder, "logs.json");
  }
}
