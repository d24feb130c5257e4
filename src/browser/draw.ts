import { fromHex, toHex } from "../kernel/ids.js";
import { secretHash } from "../publication/draw.js";
import { seal } from "../requests/sealing.js";
import { byId, Refused, type FundApi } from "./api.js";
import { authenticatorOf, identityOf, me, openedText, type ToSign } from "./seated.js";

/** Makes a secret here and puts it in as a hash; the secret itself is sealed to its own treasurer until it is opened. */
export async function putSecretIn(api: FundApi): Promise<void> {
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const sealed = await seal(toHex(secret), [byId("draw")?.dataset["recipient"] ?? ""]);
  await api.post("draws/secrets", { hash: secretHash(secret), sealed });
  location.reload();
}

/** Opens it, when the page may say that the list is public. */
export async function openSecret(api: FundApi, button: HTMLElement): Promise<void> {
  const { challengeId, challenge } = await api.post<ToSign>("draws/challenges");
  const signed = await (await authenticatorOf(me()))(challenge);
  const { sealed } = await api.post<{ sealed: string }>("draws/mine", { challengeId, response: signed.response });
  const secret = await openedText(sealed, await identityOf(api, signed));
  if (secretHash(fromHex(secret)) !== button.dataset["hash"]) throw new Refused("broken");
  await api.post("draws/openings", { secret });
  location.reload();
}
