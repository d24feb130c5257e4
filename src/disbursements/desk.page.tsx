import type { ComponentChildren, JSX } from "preact";
import { freeToPromise } from "../ledger/balance.js";
import { link, page, type FundFrame, type PageFrame } from "../pages/layout.js";
import type { MessageKey } from "../pages/languages/en.js";
import type { Voice } from "../pages/words.js";
import type { SeatSigned } from "../treasurers/genesis.service.js";
import type { TreasurerRow } from "../treasurers/treasurer.entity.js";
import { Item, ToSend, type DeskView } from "./desk-items.js";
import type { DeskItem } from "./desk.service.js";

const SCRIPT = "desk.page.js";
/** One statement covers so many at the most. */
export const LIST_SIZE_MAX = 100;
const PRACTICE_TREASURERS = ["Ana", "Ben", "Chris"];

/** What the script says when something goes wrong, in the page's language. */
const PROBLEMS = [
  "passkey",
  "sign-in",
  "statement-out-of-date",
  "already-approved",
  "in-progress",
  "lease-over",
  "reference-used",
  "not-enough-free",
  "wrong-state",
  "too-many",
  "busy",
  "broken",
  "needs-three",
] as const;

function Shell({
  voice,
  frame,
  children,
}: {
  voice: Voice;
  frame: FundFrame;
  children: ComponentChildren;
}): JSX.Element {
  const problems = Object.fromEntries(PROBLEMS.map((code) => [code, voice.say(`problem.${code}`, { seconds: 60 })]));
  return (
    <div
      id="desk"
      data-fund={frame.slug}
      data-practice={frame.practice ? "yes" : undefined}
      data-problems={JSON.stringify(problems)}
      data-passphrase={voice.say("desk.passphrase")}
    >
      <noscript>
        <p class="note">{voice.say("desk.noscript")}</p>
      </noscript>
      <p class="wrong" role="alert" id="problem" hidden />
      <p class="note" role="status" id="working" hidden>
        {voice.say("desk.working")}
      </p>
      {children}
    </div>
  );
}

const frameFor = (voice: Voice, fund: FundFrame): PageFrame => ({
  language: voice.language,
  title: voice.say("desk.title"),
  fund,
  here: "desk",
  script: SCRIPT,
});

export function signInPage(voice: Voice, frame: FundFrame): string {
  return page(
    frameFor(voice, frame),
    <Shell voice={voice} frame={frame}>
      <h1>{voice.say("desk.title")}</h1>
      <p class="lead">{voice.say("desk.signin.lead")}</p>
      <p class="actions">
        <button class="big" data-act="sign-in">
          {voice.say("desk.signin")}
        </button>
      </p>
      {frame.practice && (
        <section class="card" id="practice-treasurers" hidden>
          <h2>{voice.say("desk.practice")}</h2>
          <div class="actions">
            {PRACTICE_TREASURERS.map((name) => (
              <button class="quiet" data-act="be" data-name={name}>
                {voice.say("desk.be", { name })}
              </button>
            ))}
          </div>
        </section>
      )}
    </Shell>,
  );
}

export function foundingPage(voice: Voice, frame: FundFrame, me: TreasurerRow, seats: readonly SeatSigned[]): string {
  const mine = seats.find((seat) => seat.treasurerId === me.treasurerId);
  return page(
    frameFor(voice, frame),
    <Shell voice={voice} frame={frame}>
      <h1>{voice.say("desk.founding", { name: frame.name })}</h1>
      <You voice={voice} me={me} />
      <p class="lead">{voice.say("desk.founding.lead")}</p>
      <h2>{voice.say("desk.seats")}</h2>
      <ul class="people">
        {seats.map((seat) => (
          <li class="row">
            <strong>{seat.name}</strong>
            <span class="tag">{voice.say(seat.signed ? "desk.seat.signed" : "desk.seat.waits")}</span>
          </li>
        ))}
      </ul>
      {seats.length < 3 ? (
        <p>{voice.say("desk.genesis.needs", { slug: frame.slug })}</p>
      ) : (
        mine?.signed === false && (
          <p>
            <button class="big" data-act="genesis">
              {voice.say("desk.sign.genesis")}
            </button>
          </p>
        )
      )}
    </Shell>,
  );
}

export function deskPage(view: DeskView): string {
  const { voice, frame, desk, charter } = view;
  const idle = desk.toSign.length + desk.toSend.length + desk.mismatched.length + desk.alarms.length === 0;
  return page(
    frameFor(voice, frame),
    <Shell voice={voice} frame={frame}>
      <h1>{voice.say("desk.title")}</h1>
      <You voice={voice} me={view.treasurer} />
      {idle && <p class="good">{voice.say(desk.signedByMe.length > 0 ? "desk.others" : "desk.nothing")}</p>}
      {desk.alarms.length > 0 && (
        <Section title={voice.say("desk.alarms")}>
          {desk.alarms.map((alarm) => (
            <li>
              <p class="wrong">
                {voice.say(`desk.alarm.${alarm.kind}`, { day: voice.day(alarm.day), about: alarm.about })}
              </p>
            </li>
          ))}
        </Section>
      )}
      <ToSign view={view} />
      {desk.toSend.length > 0 && (
        <Section title={voice.say("desk.send")} lead={voice.say("desk.send.lead", { minutes: charter.leaseMinutes })}>
          {desk.toSend.map((item) => (
            <ToSend view={view} item={item} />
          ))}
        </Section>
      )}
      {desk.mismatched.length > 0 && (
        <Section title={voice.say("desk.mismatch")}>
          {desk.mismatched.map((item) => (
            <Sent view={view} item={item} />
          ))}
        </Section>
      )}
      {desk.signedByMe.length > 0 && (
        <Section title={voice.say("desk.approved.you")}>
          {desk.signedByMe.map((item) => (
            <Item view={view} item={item} />
          ))}
        </Section>
      )}
      {desk.unconfirmed.length > 0 && (
        <details>
          <summary>{`${voice.say("desk.unconfirmed")} (${desk.unconfirmed.length})`}</summary>
          <ul class="people">
            {desk.unconfirmed.map((item) => (
              <Sent view={view} item={item} />
            ))}
          </ul>
        </details>
      )}
      <Live view={view} />
    </Shell>,
  );
}

function You({ voice, me }: { voice: Voice; me: TreasurerRow }): JSX.Element {
  return (
    <p class="row">
      <span id="me" data-name={me.name}>
        {voice.say("desk.you", { name: me.name })}
      </span>
      <button class="quiet" data-act="sign-out">
        {voice.say("desk.signout")}
      </button>
    </p>
  );
}

function Section({
  title,
  lead,
  children,
}: {
  title: string;
  lead?: string;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <section>
      <h2>{title}</h2>
      {lead !== undefined && <p class="soft">{lead}</p>}
      <ul class="people">{children}</ul>
    </section>
  );
}

function inSlices<T>(list: readonly T[], size: number): (readonly T[])[] {
  return list.length <= size ? [list] : [list.slice(0, size), ...inSlices(list.slice(size), size)];
}

function ToSign({ view }: { view: DeskView }): JSX.Element | null {
  const { voice, desk } = view;
  if (desk.toSign.length === 0) return null;
  const slices = inSlices(desk.toSign, LIST_SIZE_MAX);
  return (
    <Section title={voice.say("desk.next")} lead={voice.say("desk.next.lead")}>
      {slices.map((slice) => (
        <>
          {slice.map((item) => (
            <Item view={view} item={item} />
          ))}
          <li>
            <button class="big" data-act="approve" data-list={slice.map((i) => i.disbursementId).join(" ")}>
              {voice.say("desk.approve", {
                count: slice.length,
                sum: voice.money(slice.reduce((total, item) => total + item.amount, 0n)),
              })}
            </button>
          </li>
        </>
      ))}
    </Section>
  );
}

function Sent({ view, item }: { view: DeskView; item: DeskItem }): JSX.Element {
  const { voice } = view;
  const outcome = item.sent?.outcome;
  return (
    <Item view={view} item={item}>
      {(outcome === "other-amount" || outcome === "not-received") && (
        <p class="wrong">
          {voice.say(`desk.mismatch.${outcome}`, { amount: voice.money(item.sent?.outcomeAmount ?? 0n) })}
        </p>
      )}
    </Item>
  );
}

function Live({ view }: { view: DeskView }): JSX.Element {
  const { voice, desk, frame } = view;
  const { balances } = desk;
  const figures: [MessageKey, string][] = [
    ["books.free", voice.money(freeToPromise(balances))],
    ["books.settled", voice.money(balances.settled)],
    ["books.transit", voice.money(balances.inTransit)],
    ["books.held", voice.money(balances.held)],
    ["books.waiting", String(desk.waiting)],
  ];
  const text = voice.say("desk.text", {
    name: frame.name,
    next: desk.toSign.length + desk.signedByMe.length,
    send: desk.toSend.length,
    unconfirmed: desk.unconfirmed.length,
    link: view.link,
  });
  return (
    <section>
      <h2>{voice.say("desk.figures")}</h2>
      <dl class="figures">
        {figures.map(([key, value]) => (
          <div>
            <dt>{voice.say(key)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="actions">
        <button class="quiet" data-act="copy" data-text={text} data-done={voice.say("desk.copied")}>
          {voice.say("desk.copy")}
        </button>
        <a class="button quiet" href={link(voice.language, `/${frame.slug}/books`)}>
          {voice.say("nav.books")}
        </a>
      </p>
    </section>
  );
}
