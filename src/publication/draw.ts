import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { fromHex, toHex } from "../kernel/ids.js";

/** So many take part at the most: the result is one entry of the log. Whoever asked first. */
export const TICKETS_MAX = 800;
/** Hexadecimal digits of a ticket's public mark. */
const MARK_LENGTH = 32;

const utf8 = new TextEncoder();

/** What the public sees of a ticket (16 random bytes): it says nothing of whose it is. */
export function markOf(ticket: Uint8Array): string {
  return toHex(sha256(utf8.encode(`commonpot/ticket/v1\n${toHex(ticket)}`))).slice(0, MARK_LENGTH);
}

/** SHA-256 of all marks, sorted, a line each; hex. */
export function listHash(marks: readonly string[]): string {
  return toHex(sha256(utf8.encode(`commonpot/tickets/v1\n${[...marks].sort().join("\n")}`)));
}

/** SHA-256 that a treasurer's secret (32 random bytes) is announced by; hex. */
export function secretHash(secret: Uint8Array): string {
  const prefix = utf8.encode("commonpot/draw-secret/v1\n");
  const bytes = new Uint8Array(prefix.length + secret.length);
  bytes.set(prefix);
  bytes.set(secret, prefix.length);
  return toHex(sha256(bytes));
}

/**
 * The marks in the order that was drawn: by HMAC-SHA256 of each under a seed of the list and both secrets (hex). Whoever knows fewer than both secrets knows nothing of the order, and the same input gives
 * the same order on every computer.
 */
export function drawnOrder(marks: readonly string[], secrets: readonly string[]): string[] {
  const seed = sha256(utf8.encode(`commonpot/draw/v1\n${listHash(marks)}\n${[...secrets].sort().join("\n")}`));
  const keyed = marks.map((mark) => ({ mark, key: toHex(hmac(sha256, seed, fromHex(mark))) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ mark }) => mark);
}
