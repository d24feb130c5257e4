import { applyDecorators, Post } from "@nestjs/common";
import { ApiHeader } from "@nestjs/swagger";
import { Refusal } from "../../kernel/refusal.js";

/** An `Idempotency-Key` header: 1 to 200 visible ASCII characters; undefined when there is none. */
export function readKey(header: unknown): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header !== "string" || !/^[\x21-\x7e]{1,200}$/.test(header)) throw new Refusal("key-missing");
  return header;
}

/** Where a key is required: refuses `key-missing`. */
export function requireKey(header: unknown): string {
  const key = readKey(header);
  if (key === undefined) throw new Refusal("key-missing");
  return key;
}

/** A POST that wants an Idempotency-Key, and says so in the API's description. */
export function KeyedPost(path: string): MethodDecorator {
  return applyDecorators(Post(path), ApiHeader({ name: "Idempotency-Key", required: true }));
}
