import { canonicalJson, type Json } from "../kernel/canonical-json.js";
import { parseTypedAmount } from "../kernel/money.js";
import { readDetails } from "../requests/details.js";
import { seal } from "../requests/sealing.js";
import { byId } from "./api.js";
import { solve, type AskedProof } from "./proof.js";
import { fingerprintOf, provenRecipients, WrongKeys, type StatedKeys } from "./recipients.js";

interface Stated extends StatedKeys {
  readonly currency: string;
  readonly locale: string;
  readonly cap: string;
  readonly language: string;
}

let recipients: readonly string[] = [];
const stated = (form: HTMLFormElement): Stated => JSON.parse(form.dataset["seal"] ?? "null") as Stated;
let here: Stated | null = null;

/** Finds the treasurers' keys in the public log. False when there is no reading them now: then the server locks on arrival. Keys that differ from the page's stop everything. */
export async function prepare(form: HTMLFormElement): Promise<boolean> {
  here = stated(form);
  try {
    const found = await provenRecipients(here);
    if (found === null) return false;
    recipients = found;
  } catch (error) {
    if (!(error instanceof WrongKeys)) throw error;
    form.dataset["seal"] = "wrong";
    say(form, "wrong-keys");
    return false;
  }
  const told = byId("sealing");
  if (told) told.textContent = (told.dataset["here"] ?? "").replace("{fingerprint}", fingerprintOf(recipients));
  return true;
}

/** Reads, locks and sends. What is wrong is said at its field, and nothing that was typed is lost. */
export async function send(form: HTMLFormElement): Promise<void> {
  const at = here;
  if (!at) return;
  const typed = Object.fromEntries(
    [...new FormData(form)].flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
  );
  const parse = (text: string): bigint | null => parseTypedAmount(text, at.currency, at.locale);
  const amount = parse(typed["amount"] ?? "");
  const read = readDetails(typed, at.language, { parse, total: amount });
  const wrong: Record<string, string> = "wrong" in read ? { ...read.wrong } : {};
  if (amount === null) wrong["amount"] = "problem.amount";
  else if (amount > BigInt(at.cap)) wrong["amount"] = "problem.amount.cap";
  if (amount === null || !("details" in read) || Object.keys(wrong).length > 0) {
    mark(form, wrong);
    return;
  }
  const sealed = await seal(canonicalJson(read.details as unknown as Json), recipients);
  const optional = (name: string): object => ((typed[name] ?? "") === "" ? {} : { [name]: typed[name] });
  const body = {
    amount: Number(amount),
    sealed,
    noCode: typed["noCode"] !== undefined,
    ...(typed["firstHelp"] === undefined ? {} : { firstHelp: true }),
    ...optional("category"),
    ...optional("neededBy"),
  };
  await deliver(form, at, body, typed);
}

async function deliver(form: HTMLFormElement, at: Stated, body: object, typed: Record<string, string>): Promise<void> {
  const post = (proof: string): Promise<Response> =>
    fetch(`/api/v1/funds/${at.fund}/requests`, {
      method: "POST",
      credentials: "omit",
      headers: {
        "content-type": "application/json",
        "idempotency-key": typed["key"] ?? "",
        ...(proof === "" ? {} : { "proof-of-work": proof }),
      },
      body: JSON.stringify(body),
    });
  try {
    let answer = await post(typed["proof"] ?? "");
    let said = (await answer.json()) as { claimCode?: string | null; type?: string; challenge?: AskedProof };
    if (answer.status === 429 && said.challenge) {
      say(form, "working");
      answer = await post(await solve(said.challenge, () => undefined));
      said = (await answer.json()) as typeof said;
    }
    if (!answer.ok) {
      say(form, (said.type ?? "").replace("urn:commonpot:problem:", ""));
      return;
    }
    goOn(at, said.claimCode ?? null, typed["someone"] !== undefined);
  } catch {
    say(form, "busy");
  }
}

/** The page that shows the words is the server's own; the words go there in the body of a POST, as they do on every page. */
function goOn(at: Stated, code: string | null, someone: boolean): void {
  const next = document.createElement("form");
  next.method = "post";
  next.action = `/${at.fund}/ask/asked?lang=${at.language}`;
  const fields: Record<string, string> = {
    ...(code === null ? {} : { words: code }),
    ...(someone ? { someone: "on" } : {}),
  };
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    next.append(input);
  }
  document.body.append(next);
  next.submit();
}

const sentences = (form: HTMLFormElement): Record<string, string> =>
  JSON.parse(form.dataset["sentences"] ?? "{}") as Record<string, string>;

function say(form: HTMLFormElement, code: string): void {
  const into = byId("seal-problem");
  if (!into) return;
  const all = sentences(form);
  into.textContent = all[`problem.${code}`] ?? all["problem.broken"] ?? "";
  into.hidden = false;
  into.scrollIntoView({ block: "center" });
}

/** At each field, as the browser itself says that something is missing; gone when it is typed anew. */
function mark(form: HTMLFormElement, wrong: Record<string, string>): void {
  const all = sentences(form);
  for (const [name, key] of Object.entries(wrong)) {
    const field = form.elements.namedItem(name);
    if (!(
      field instanceof HTMLInputElement ||
      field instanceof HTMLSelectElement ||
      field instanceof HTMLTextAreaElement
    ))
      continue;
    field.closest("details")?.setAttribute("open", "");
    field.setCustomValidity(all[key] ?? "");
    field.addEventListener("input", () => field.setCustomValidity(""), { once: true });
  }
  form.reportValidity();
}
