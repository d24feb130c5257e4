import { armor, Decrypter } from "age-encryption";
import type { SoftwarePasskey } from "../treasurers/software-passkey.js";
import { unwrapByPassphrase, unwrapByPrf } from "../treasurers/wrapped-identity.js";
import { devicePasskey, practicePasskey, type Authenticator, type Signed } from "./authenticator.js";
import { byId, type FundApi } from "./api.js";

interface PracticePeople {
  readonly treasurers: readonly { readonly name: string; readonly passkey: SoftwarePasskey }[];
}

export interface ToSign {
  readonly challengeId: string;
  readonly challenge: string;
}

/** Who sits at this desk, by the page. */
export const me = (): string | undefined => byId("me")?.dataset["name"];

/** In practice funds the three known passkeys are at hand; null on a real fund, or where treasurers made their own. */
export async function practicePeople(): Promise<PracticePeople | null> {
  const desk = byId("desk");
  if (desk?.dataset["practice"] === undefined) return null;
  const answer = await fetch(`/-/practice/${desk.dataset["fund"] ?? ""}`);
  return answer.ok ? ((await answer.json()) as PracticePeople) : null;
}

export async function authenticatorOf(name: string | undefined): Promise<Authenticator> {
  const person = name === undefined ? undefined : (await practicePeople())?.treasurers.find((t) => t.name === name);
  return person ? practicePasskey(person.passkey) : devicePasskey;
}

/** The age identity of whoever just signed. It lives as long as what opens with it. */
export async function identityOf(api: FundApi, signed: Signed): Promise<string> {
  const own = await api.get<{ wrappedIdentity: string; wrappedBy: string }>(
    `identity?credential=${encodeURIComponent(signed.credentialId)}`,
  );
  if (own.wrappedBy === "prf" && signed.prf !== null) return unwrapByPrf(own.wrappedIdentity, signed.prf);
  // Without PRF, one's own paper: the six words, or the line itself.
  const typed = (prompt(byId("desk")?.dataset["passphrase"]) ?? "").trim();
  return /^AGE-SECRET-KEY-1/i.test(typed) ? typed.toUpperCase() : unwrapByPassphrase(own.wrappedIdentity, typed);
}

export async function openedText(file: string, identity: string): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return (await decrypter.decrypt(armor.decode(file), "text")).trimEnd();
}
