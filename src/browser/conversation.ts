import { answerText, PHRASES, readAnswer } from "../requests/messages/message.js";
import { seal } from "../requests/sealing.js";
import { byId, Refused, type FundApi } from "./api.js";
import { treasurersIn, type StatedKeys } from "./recipients.js";
import { authenticatorOf, identityOf, me, openedText, type ToSign } from "./seated.js";

/** An opened message, as the API hands it over. */
export interface SealedMessage {
  readonly day: string;
  readonly from: "requester" | "fund";
  readonly sealed: string;
}

/** Whom an answer is locked for beside the treasurers, by request. */
const replyRecipients = new Map<string, string>();
const said = <T>(name: string): T => JSON.parse(byId("messages")?.dataset[name] ?? "null") as T;

/** Opens what was written, after a fresh signature, and shows it at its request. */
export async function readMessages(api: FundApi, item: HTMLElement): Promise<void> {
  const { messages, identity } = await opened(api, item);
  const thread = item.querySelector<HTMLElement>("[data-thread]");
  if (!thread) return;
  const lines: HTMLElement[] = [];
  for (const message of messages) lines.push(lineOf(message, await openedText(message.sealed, identity)));
  thread.replaceChildren(...lines);
  thread.hidden = false;
}

/** Locks an answer for the treasurers in the public log and for whoever asked, here, and sends it. */
export async function answer(api: FundApi, item: HTMLElement, form: HTMLFormElement): Promise<void> {
  const fields = new FormData(form);
  const phrase = PHRASES.find((known) => known === fields.get("phrase"));
  const typed = fields.get("words");
  const words = typeof typed === "string" ? typed.trim() : "";
  if (phrase === undefined && words === "") throw new Refused("nothing-written");
  const request = item.dataset["request"] ?? "";
  if (!replyRecipients.has(request)) await opened(api, item);
  const theirs = replyRecipients.get(request);
  if (theirs === undefined) throw new Refused("wrong-state");
  const text = answerText({ ...(phrase === undefined ? {} : { phrase }), ...(words === "" ? {} : { words }) });
  const sealed = await seal(text, [...(await treasurersIn(said<StatedKeys>("seal"))), theirs]);
  await api.post("messages", { request, sealed });
  location.reload();
}

export async function seen(api: FundApi, item: HTMLElement): Promise<void> {
  await api.post("messages/seen", { request: item.dataset["request"] });
  location.reload();
}

async function opened(api: FundApi, item: HTMLElement): Promise<{ messages: SealedMessage[]; identity: string }> {
  const request = item.dataset["request"] ?? "";
  const { challengeId, challenge } = await api.post<ToSign>("message-opening-challenges", { request });
  const signed = await (await authenticatorOf(me()))(challenge);
  const { messages, replyRecipient } = await api.post<{ messages: SealedMessage[]; replyRecipient: string | null }>(
    "message-openings",
    { request, challengeId, response: signed.response },
  );
  if (replyRecipient !== null) replyRecipients.set(request, replyRecipient);
  return { messages, identity: messages.length === 0 ? "" : await identityOf(api, signed) };
}

function lineOf(message: SealedMessage, text: string): HTMLElement {
  const line = document.createElement("p");
  const who = document.createElement("small");
  who.textContent = `${said<Record<string, string>>("from")[message.from] ?? ""}, ${dayText(message.day)}`;
  line.append(who, document.createElement("br"), message.from === "fund" ? answerLine(text) : text);
  return line;
}

function answerLine(text: string): string {
  const { phrase, words } = readAnswer(text) ?? { words: text };
  const sentence = phrase === undefined ? undefined : said<Record<string, string>>("phrases")[phrase];
  return [sentence, words].filter((part) => part !== undefined).join("\n");
}

const dayText = (day: string): string =>
  new Intl.DateTimeFormat(byId("messages")?.dataset["locale"], { dateStyle: "long", timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`)); // prettier-ignore
