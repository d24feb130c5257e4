import type { JSX } from "preact";
import { EMPTY_FORM, MoneyField, Note } from "../pages/fields.js";
import { mayDo } from "./claim-rights.js";
import type { Part } from "./standings.service.js";
import { Act } from "./status-changes.js";
import type { StatusView } from "./status-view.js";

/** The field in which a person types how much of a part arrived. */
export const arrivedField = (part: number): string => `arrived${part}`;

/** After a part was sent: what became of the rest. */
export function Rest({ view }: { view: StatusView }): JSX.Element | null {
  const { voice, standing, request } = view;
  if (standing.parts.length === 0 || request.sent >= request.amount) return null;
  const sums = { sent: voice.money(request.sent), rest: voice.money(request.amount - request.sent) };
  return <Note kind="good">{voice.say(standing.open > 0n ? "status.part" : "status.part.enough", sums)}</Note>;
}

/** What was sent, the newest first: was it received, and where it stands in the public books. */
export function Parts({ view }: { view: StatusView }): JSX.Element {
  return (
    <>
      {view.standing.parts.toReversed().map((part) => (
        <PartSent view={view} part={part} />
      ))}
    </>
  );
}

function PartSent({ view, part }: { view: StatusView; part: Part }): JSX.Element {
  const { voice, standing } = view;
  const fields = { part: String(part.part) };
  return (
    <section class={standing.parts.length > 1 || standing.open > 0n ? "card" : undefined}>
      <p class="lead">{voice.say("status.paid", { amount: voice.money(part.amount), day: voice.day(part.day) })}</p>
      {part.outcome !== null && <Note kind="good">{voice.say(`status.${part.outcome}`)}</Note>}
      {mayDo(view.kind, "confirm") && <Confirm view={view} part={part} />}
      {part.index !== null && (
        <Act view={view} act="proof" fields={fields}>
          <p>{voice.say("status.proof", { index: part.index })}</p>
          <button class="quiet">{voice.say("receipt.file")}</button>
        </Act>
      )}
    </section>
  );
}

function Confirm({ view, part }: { view: StatusView; part: Part }): JSX.Element {
  const { voice } = view;
  const form = view.form ?? EMPTY_FORM;
  const fields = { part: String(part.part) };
  const name = arrivedField(part.part);
  return (
    <>
      <div class="actions">
        {part.outcome !== "received" && (
          <Act view={view} act="confirmations" fields={{ ...fields, outcome: "received" }}>
            <button>{voice.say("status.got")}</button>
          </Act>
        )}
        {part.outcome !== "not-received" && (
          <Act view={view} act="confirmations" fields={{ ...fields, outcome: "not-received" }}>
            <button class="quiet">{voice.say("status.not")}</button>
          </Act>
        )}
      </div>
      <details open={form.wrong[name] !== undefined}>
        <summary>{voice.say("status.other")}</summary>
        <Act view={view} act="confirmations" fields={{ ...fields, outcome: "other-amount" }}>
          <MoneyField voice={voice} form={form} name={name} label={voice.say("status.other.amount")} required />
          <button class="quiet">{voice.say("status.other")}</button>
        </Act>
      </details>
    </>
  );
}
