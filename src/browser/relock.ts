import { fileKeyIn, headerFor } from "../requests/relocking/age-header.js";
import {
  AT_ONCE_MAX,
  type Did,
  type Locks,
  type Thing,
  type ToLock,
  type ToTry,
} from "../requests/relocking/relocking.js";
import { byId, Refused, show, type FundApi } from "./api.js";
import { treasurersIn, type StatedKeys } from "./recipients.js";
import { authenticatorOf, identityOf, me, type ToSign } from "./seated.js";

const said = <T>(name: string): T => JSON.parse(byId("locks")?.dataset[name] ?? "null") as T;

interface Texts {
  readonly cannot: string;
  readonly progress: string;
}

/**
 * Locks anew what is open, for those who sit now by the public log, and tries what others locked. This device sees the locks alone, never what is inside; keys live as long as this function.
 */
export async function relock(api: FundApi): Promise<void> {
  const { challengeId, challenge } = await api.post<ToSign>("relocking-challenges");
  const signed = await (await authenticatorOf(me()))(challenge);
  const { toLock, toTry } = await api.post<Locks>("relocking-openings", { challengeId, response: signed.response });
  const identity = await identityOf(api, signed);
  const recipients = await treasurersIn(said<StatedKeys>("seal"));
  const texts = said<Texts>("texts");
  const all: (ToLock | ToTry)[] = [...toTry, ...toLock];
  const sum = { locked: 0, undone: 0, cannot: 0 };
  for (let from = 0; from < all.length; from += AT_ONCE_MAX) {
    show(byId("locks-told"), texts.progress.replace("{n}", String(from)).replace("{all}", String(all.length)));
    const { cannot, ...did } = await doing(all.slice(from, from + AT_ONCE_MAX), identity, recipients);
    const kept = await api.post<{ locked: number; undone: number }>("relockings", did);
    sum.locked += kept.locked;
    sum.undone += kept.undone;
    sum.cannot += cannot;
  }
  if (sum.undone > 0) throw new Refused("lock-undone");
  if (sum.cannot > 0) show(byId("locks-told"), texts.cannot.replace("{n}", String(sum.cannot)));
  else location.reload();
}

async function doing(
  things: readonly (ToLock | ToTry)[],
  identity: string,
  recipients: readonly string[],
): Promise<Did & { cannot: number }> {
  const [wrong, good, locked]: [Thing[], Thing[], (Thing & { header: string })[]] = [[], [], []];
  let cannot = 0;
  for (const one of things) {
    const { thing, id } = one;
    if ("headerBefore" in one) {
      const verdict = await tried(one, identity);
      if (verdict === null) cannot++;
      else (verdict ? good : wrong).push({ thing, id });
      continue;
    }
    const key = await keyIn(one.header, identity);
    if (key === null) cannot++;
    else
      locked.push({
        thing,
        id,
        header: headerFor(key, one.reader === null ? recipients : [...recipients, one.reader]),
      });
  }
  return { wrong, good, locked, cannot };
}

/** Does the new lock give the key that the old one gave? Null for whoever could not open the old one. */
async function tried(one: ToTry, identity: string): Promise<boolean | null> {
  const before = await keyIn(one.headerBefore, identity);
  if (before === null) return null;
  const now = await keyIn(one.header, identity);
  return now !== null && now.length === before.length && now.every((byte, i) => byte === before[i]);
}

async function keyIn(header: string, identity: string): Promise<Uint8Array | null> {
  try {
    return await fileKeyIn(header, identity);
  } catch {
    return null;
  }
}
