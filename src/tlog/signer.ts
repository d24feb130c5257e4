import fs from "node:fs";
import path from "node:path";
import { base64 } from "@scure/base";
import { randomBytes } from "../kernel/ids.js";
import type { Hash } from "./merkle.js";
import { fromBase64, signingKey, type SigningKey } from "./note.js";

/** What the signer last signed of a log. It lies beside the key, outside the database and its backups, so that a restored backup cannot fork the log. */
export interface SignedHead {
  readonly size: number;
  readonly root: Hash;
}

const LINE = /^ed25519 (\S+)$/;

/** The keys of a server's logs, and its memory of what it signed. Two files: the key file, and beside it `<key file>.head`. */
export class LogSigner {
  private constructor(
    private readonly file: string,
    private readonly seeds: readonly Uint8Array[],
  ) {}

  /** Makes the key on first start. Throws when the file holds something else than keys. */
  static open(file: string): LogSigner {
    if (!fs.existsSync(file)) {
      fs.mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
      writeDurably(
        file,
        `# Signs this server's public logs. Keep it out of the database's backups, and keep a copy.\n${keyLine()}`,
      );
    }
    const lines = fs.readFileSync(file, "utf8").split("\n");
    const seeds = lines
      .filter((line) => line.trim() !== "" && !line.startsWith("#"))
      .map((line) => fromBase64(LINE.exec(line.trim())?.[1] ?? ""));
    const whole = seeds.flatMap((seed) => (seed?.length === 32 ? [seed] : []));
    if (whole.length === 0 || whole.length !== seeds.length)
      throw new Error(`LOG_KEY_FILE ${file} does not hold keys, one "ed25519 <base64>" a line`);
    return new LogSigner(file, whole);
  }

  /** Adds a key behind those that are there: from the next checkpoint on, all of them sign. */
  static addKey(file: string): void {
    LogSigner.open(file);
    writeDurably(file, `${fs.readFileSync(file, "utf8").trimEnd()}\n${keyLine()}`);
  }

  /** Takes the oldest key away. Throws when it is the only one. */
  static retireKey(file: string): void {
    const lines = fs.readFileSync(file, "utf8").split("\n");
    const keys = lines.filter((line) => LINE.test(line.trim()));
    if (keys.length < 2) throw new Error("the only key cannot be retired: add another one first");
    writeDurably(file, lines.filter((line) => line !== keys[0]).join("\n"));
  }

  /** Named after the log, as tlog-checkpoint wants. */
  keysFor(origin: string): SigningKey[] {
    return this.seeds.map((seed) => signingKey(origin, seed));
  }

  /** Null when nothing is remembered of this log. */
  headOf(origin: string): SignedHead | null {
    const kept = this.heads()[origin];
    const root = fromBase64(kept?.root ?? "");
    return kept === undefined || root === null ? null : { size: kept.size, root };
  }

  /** Remembers what was signed, durably. */
  remember(origin: string, { size, root }: SignedHead): void {
    const heads = { ...this.heads(), [origin]: { size, root: base64.encode(root) } };
    writeDurably(`${this.file}.head`, `${JSON.stringify(heads, null, 1)}\n`);
  }

  private heads(): Record<string, { size: number; root: string } | undefined> {
    const file = `${this.file}.head`;
    return fs.existsSync(file)
      ? (JSON.parse(fs.readFileSync(file, "utf8")) as Record<string, { size: number; root: string }>)
      : {};
  }
}

const keyLine = (): string => `ed25519 ${base64.encode(randomBytes(32))}\n`;

/** Whole or not at all, and on the disk when it returns. */
export function writeDurably(file: string, text: string | Uint8Array): void {
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = fs.openSync(temporary, "w", 0o600);
  try {
    fs.writeFileSync(handle, text);
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
  fs.renameSync(temporary, file);
  const folder = fs.openSync(path.dirname(path.resolve(file)), "r");
  fs.fsyncSync(folder);
  fs.closeSync(folder);
}
