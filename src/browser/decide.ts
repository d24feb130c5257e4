import { canonicalJson } from "../kernel/canonical-json.js";
import { toBase64Url } from "../kernel/ids.js";
import { challengeFor, type DecisionStatement } from "../treasurers/statement.js";
import { Refused, type FundApi } from "./api.js";
import type { Authenticator } from "./authenticator.js";

/** Signs a decision: what is handed to sign must say word for word what the page says, or nothing is signed. Returns whether it is decided now. */
export async function decide(api: FundApi, authenticator: Authenticator, item: HTMLElement): Promise<boolean> {
  const { decision, kind, subject } = item.dataset;
  const given = await api.post<{ challengeId: string; challenge: string; statement: string }>("decision-statements", {
    decision,
  });
  const said = JSON.parse(given.statement) as DecisionStatement;
  const fits =
    said.decision === decision &&
    said.kind === kind &&
    canonicalJson(said.subject) === subject &&
    toBase64Url(await challengeFor("decide", given.statement)) === given.challenge;
  if (!fits) throw new Refused("statement-out-of-date");
  const { response } = await authenticator(given.challenge);
  const { decided } = await api.post<{ decided: boolean }>("decision-signatures", {
    challengeId: given.challengeId,
    response,
  });
  return decided;
}
