import { createHash } from "node:crypto";
import fs from "node:fs";
import { CliError } from "../command.js";
import { FileError } from "./csv-rows.js";

/** Larger than ten years of any fund that we know of (500 KB), and small enough to be held in memory. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;

/** A file as text, and its SHA-256 in hex. */
export function readFile(path: string): { text: string; hash: string } {
  if (!fs.existsSync(path)) throw new CliError(`there is no file ${path}`);
  if (fs.statSync(path).size > FILE_BYTES_MAX) throw new CliError(`${path} is larger than 64 MiB`);
  return decoded(fs.readFileSync(path));
}

export function decoded(bytes: Uint8Array): { text: string; hash: string } {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return { text, hash: createHash("sha256").update(bytes).digest("hex") };
  } catch {
    throw new FileError("this file is not UTF-8: save it again as CSV UTF-8");
  }
}
