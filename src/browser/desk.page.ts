import { fromBase64Url } from "../kernel/ids.js";
import { commitmentTo } from "../publication/commitment.js";
import { challengeFor, type ApprovalStatement, type ItemDetails } from "../treasurers/statement.js";
import { toBase64Url } from "../kernel/ids.js";
import { apiOf, byId, Refused, show } from "./api.js";
import { joined, partsOf } from "../requests/relocking/age-header.js";
import type { SealedDetails } from "../requests/details.js";
import { checkApproved, mustBeSigned } from "./approved.js";
import { decide } from "./decide.js";
import { openSecret, putSecretIn } from "./draw.js";
import { relock } from "./relock.js";
import { linesOf, type DetailsWords } from "./details-text.js";
import { answer, readMessages, seen } from "./conversation.js";
import { authenticatorOf, identityOf, me, openedText, practicePeople, type ToSign } from "./seated.js";

/** The desk: every button is one act, signed by the passkey where money hangs on it. */
const desk = byId("desk");
const fund = desk?.dataset["fund"] ?? "";
const api = apiOf(fund);
const problems = JSON.parse(desk?.dataset["problems"] ?? "{}") as Record<string, string>;

async function signIn(name?: string): Promise<void> {
  const { challengeId, challenge } = await api.post<ToSign>("logins");
  const { response } = await (await authenticatorOf(name))(challenge);
  await api.post("sessions", { challengeId, response });
  location.reload();
}

/** What is signed must be what is shown: every commitment is computed again from this page, and the challenge from the statement. */
async function checkStatement(
  wanted: readonly string[],
  given: ToSign & {
    statement: string;
    items: readonly { disbursementId: string; details: ItemDetails; salt: string }[];
  },
): Promise<void> {
  const statement = JSON.parse(given.statement) as ApprovalStatement;
  const computed: string[] = [];
  for (const item of given.items) {
    const shown = document.querySelector<HTMLElement>(`[data-disbursement="${item.disbursementId}"]`)?.dataset;
    if (shown?.["amount"] !== String(item.details.amount) || shown["category"] !== item.details.category)
      throw new Refused("statement-out-of-date");
    computed.push(commitmentTo(fromBase64Url(item.salt), item.details));
  }
  const fits =
    given.items.length === wanted.length && given.items.every((item) => wanted.includes(item.disbursementId)) && JSON.stringify(computed.sort()) === JSON.stringify(statement.commitments) &&
    toBase64Url(await challengeFor("approve", given.statement)) === given.challenge; // prettier-ignore
  if (!fits) throw new Refused("statement-out-of-date");
}

async function approve(list: readonly string[]): Promise<void> {
  const given = await api.post<Parameters<typeof checkStatement>[1]>("approval-statements", { disbursements: list });
  await checkStatement(list, given);
  const { response } = await (await authenticatorOf(me()))(given.challenge);
  const { notCovered } = await api.post<{ notCovered: string[] }>("approvals", {
    challengeId: given.challengeId,
    response,
  });
  if (notCovered.length > 0) throw new Refused("not-enough-free");
  location.reload();
}

async function signGenesis(): Promise<void> {
  const given = await api.post<ToSign & { statement: string }>("genesis-statements");
  if (toBase64Url(await challengeFor("genesis", given.statement)) !== given.challenge)
    throw new Refused("statement-out-of-date");
  const { response } = await (await authenticatorOf(me()))(given.challenge);
  await api.post("genesis-signatures", { challengeId: given.challengeId, response });
  location.reload();
}

/** The sealed details are opened here, in the payer's own browser; the key lives as long as this function. */
async function openDetails(item: HTMLElement): Promise<void> {
  const disbursement = item.dataset["disbursement"] ?? "";
  const approved = await checkApproved(api, fund, item);
  const { challengeId, challenge } = await api.post<ToSign>("opening-challenges", { disbursement });
  const signed = await (await authenticatorOf(me()))(challenge);
  const { sealed, oldLock, sealedBefore, messages } = await api.post<{
    sealed: string;
    oldLock: string | null;
    sealedBefore: string | null;
    messages: { from: "requester" | "fund"; sealed: string }[];
  }>("openings", {
    disbursement,
    challengeId,
    response: signed.response,
  });
  mustBeSigned(sealed, approved);
  const identity = await identityOf(api, signed);
  const texts = [
    await openedDetails(sealed, identity).catch((error: unknown) => {
      // The new lock does not fit this device; until somebody else has tried it, the old one is still there. It goes before what was signed, so that another file cannot come in this way.
      if (oldLock === null) throw error;
      return openedDetails(joined({ header: oldLock, payload: partsOf(sealed).payload }), identity);
    }),
  ];
  for (const { from, sealed: file } of messages)
    if (from === "requester") texts.push(`“${await openedText(file, identity)}”`);
  if (sealedBefore !== null) texts.push(`⟵ ${await openedDetails(sealedBefore, identity)}`);
  show(item.querySelector("[data-sealed]"), texts.join("\n\n"));
  const checked = item.querySelector<HTMLElement>("[data-checked]");
  show(checked, (checked?.dataset["checked"] ?? "").replace("{n}", String(approved.signatures)));
}

async function openedDetails(file: string, identity: string): Promise<string> {
  const words = JSON.parse(desk?.dataset["details"] ?? "{}") as DetailsWords;
  return linesOf(JSON.parse(await openedText(file, identity)) as SealedDetails, words).join("\n");
}

async function sent(form: HTMLFormElement, item: HTMLElement): Promise<void> {
  const fields = new FormData(form);
  const text = (name: string): string => {
    const value = fields.get(name);
    return typeof value === "string" ? value.trim() : "";
  };
  const reference = text("reference");
  await api.post("payouts/sent", {
    disbursement: item.dataset["disbursement"],
    rail: text("rail"),
    holding: text("holding"),
    ...(reference === "" ? {} : { reference }),
  });
  location.reload();
}

async function act(name: string, button: HTMLElement): Promise<void> {
  const item = button.closest<HTMLElement>("[data-disbursement]");
  const disbursement = item?.dataset["disbursement"];
  switch (name) {
    case "sign-in":
      return signIn();
    case "be":
      return signIn(button.dataset["name"]);
    case "sign-out":
      await api.post("sessions/end");
      {
        location.reload();
        return;
      }
    case "approve":
      return approve((button.dataset["list"] ?? "").split(" "));
    case "genesis":
      return signGenesis();
    case "decide": {
      const asked = button.closest<HTMLElement>("[data-decision]");
      if (!asked) return;
      const done = await decide(api, await authenticatorOf(me()), asked);
      location.href = `${location.pathname}?${new URLSearchParams({ lang: document.documentElement.lang, ...(done ? { done: "yes" } : {}) }).toString()}`;
      return;
    }
    case "take":
      await api.post("payouts", { disbursement });
      {
        location.reload();
        return;
      }
    case "pass-on":
      await api.post("payouts/passed-on", { disbursement });
      {
        location.reload();
        return;
      }
    case "read-messages":
    case "seen": {
      const about = button.closest<HTMLElement>("[data-request]");
      return about ? (name === "seen" ? seen : readMessages)(api, about) : undefined;
    }
    case "draw-secret":
      return putSecretIn(api);
    case "draw-open":
      return openSecret(api, button);
    case "relock":
      return relock(api);
    case "open":
      return item ? openDetails(item) : undefined;
    case "copy":
      await navigator.clipboard.writeText(button.dataset["text"] ?? "");
      button.textContent = button.dataset["done"] ?? "";
  }
}

let busy = false;

/** One act at a time: a second tap while the first runs does nothing. */
async function run(doing: () => Promise<void>): Promise<void> {
  if (busy) return;
  busy = true;
  show(byId("working"));
  byId("problem")?.setAttribute("hidden", "");
  try {
    await doing();
  } catch (error) {
    const code =
      error instanceof Refused
        ? error.code
        : error instanceof DOMException || (error as Error).name === "WebAuthnError"
          ? "passkey"
          : "broken";
    show(byId("problem"), problems[code] ?? problems["broken"] ?? code);
    byId("problem")?.scrollIntoView({ block: "center" });
  } finally {
    busy = false;
    byId("working")?.setAttribute("hidden", "");
  }
}

document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLElement>("button[data-act]");
  const name = button?.dataset["act"];
  if (button && name !== undefined) void run(() => act(name, button));
});

document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  const about = form.closest<HTMLElement>("[data-request]");
  if (form.dataset["act"] === "answer" && about) {
    event.preventDefault();
    void run(() => answer(api, about, form));
    return;
  }
  const item = form.closest<HTMLElement>("[data-disbursement]");
  if (form.dataset["act"] !== "sent" || !item) return;
  event.preventDefault();
  void run(() => sent(form, item));
});

if (byId("practice-treasurers")) void practicePeople().then((people) => people && show(byId("practice-treasurers")));
