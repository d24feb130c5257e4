import type { ComponentChildren, JSX } from "preact";
import { newToken } from "../kernel/ids.js";
import { exponentOf } from "../kernel/money.js";
import type { Refusal } from "../kernel/refusal.js";
import { link } from "./link.js";
import { isMessageKey, type Voice } from "./words.js";

/** What was wrong with a form, by field, as sentences; and what had been typed, so that nothing is lost. */
export interface FormState {
  readonly typed: Readonly<Record<string, string>>;
  readonly wrong: Readonly<Record<string, string>>;
}

export const EMPTY_FORM: FormState = { typed: {}, wrong: {} };

/** The fields of a form as plain texts; a field that came twice counts once. */
export function typedTexts(body: unknown): Record<string, string> {
  if (typeof body !== "object" || body === null) return {};
  const first = (value: unknown): unknown => (Array.isArray(value) ? (value as unknown[])[0] : value);
  return Object.fromEntries(
    Object.entries(body).flatMap(([key, value]) =>
      typeof first(value) === "string" ? [[key, first(value) as string]] : [],
    ),
  );
}

/** A form's own Idempotency-Key, from its hidden field; a new one when it brought none that we made. */
export function formKey(typed: Readonly<Record<string, string>>): string {
  const key = typed["key"] ?? "";
  return /^[\w-]{43}$/.test(key) ? key : newToken();
}

const SPENT = ["key-used-before", "stripe-unreachable"];

/**
 * The form again, with the sentence of a refusal above it and nothing lost. A key that was used for other content, or under which Stripe may
 * keep an error, is left out: the form gets a new one.
 */
export function refusedForm(voice: Voice, typed: Readonly<Record<string, string>>, refusal: Refusal): FormState {
  const sentence = `problem.${refusal.code}`;
  const { key, ...rest } = typed;
  // A value may be a sentence of its own, in the reader's language.
  const values = Object.fromEntries(
    Object.entries(refusal.options.values ?? {}).map(([name, value]) => [
      name,
      typeof value === "string" && isMessageKey(value) ? voice.say(value) : value,
    ]),
  );
  return {
    typed: key === undefined || SPENT.includes(refusal.code) ? rest : typed,
    wrong: {
      "": voice.say(isMessageKey(sentence) ? sentence : "problem.broken", { seconds: 5, ...values }),
    },
  };
}

export function Wrong({ form, name }: { form: FormState; name: string }): JSX.Element | null {
  const sentence = form.wrong[name];
  return sentence === undefined ? null : (
    <div class="wrong" id={`${name}-wrong`}>
      {sentence}
    </div>
  );
}

/** The attributes that tie an input to what was typed before and to what was wrong with it. */
export function fieldAttributes(
  form: FormState,
  name: string,
  id = name,
): { id: string; name: string; "aria-invalid"?: "true"; "aria-describedby"?: string } {
  return {
    id,
    name,
    ...(form.wrong[name] === undefined ? {} : { "aria-invalid": "true" as const, "aria-describedby": `${name}-wrong` }),
  };
}

export function MoneyField({
  voice,
  form,
  id,
  name,
  label,
  hint,
  required,
}: {
  voice: Voice;
  form: FormState;
  /** Tells this form's fields from another's on the same page. */
  id?: string;
  name: string;
  label: string;
  hint?: string;
  required?: boolean;
}): JSX.Element {
  return (
    <div class="field">
      <label for={id === undefined ? name : `${id}-${name}`}>
        {label} {hint !== undefined && <small>({hint})</small>}
      </label>
      <Wrong form={form} name={name} />
      <div class="money">
        <span aria-hidden="true" class="lead">
          {symbolOf(voice)}
        </span>
        <input
          {...fieldAttributes(form, name, id === undefined ? name : `${id}-${name}`)}
          inputMode={exponentOf(voice.currency) === 0 ? "numeric" : "decimal"}
          autocomplete="off"
          maxLength={16}
          value={form.typed[name]}
          required={required}
        />
      </div>
    </div>
  );
}

function symbolOf(voice: Voice): string {
  return voice.money(0n).replace(/[\d.,\s]/g, "");
}

export function FormErrors({ form, sentence }: { form: FormState; sentence: string }): JSX.Element | null {
  return Object.keys(form.wrong).length === 0 ? null : (
    <div class="wrong" role="alert">
      <p>{form.wrong[""] ?? sentence}</p>
    </div>
  );
}

/** The file that proves that something is in the books, and the entry that it is in. */
export function ProofFile({
  voice,
  slug,
  href,
  index,
}: {
  voice: Voice;
  slug: string;
  href: string;
  index: number;
}): JSX.Element {
  return (
    <p class="actions">
      <a class="button quiet" href={href}>
        {voice.say("receipt.file")}
      </a>
      <a href={link(voice.language, `/${slug}/books/${index}`)}>{voice.say("receipt.entry")}</a>
    </p>
  );
}

export function Note({
  children,
  kind = "note",
}: {
  children: ComponentChildren;
  kind?: "note" | "wrong" | "good";
}): JSX.Element {
  return (
    <div class={kind} role={kind === "wrong" ? "alert" : "status"}>
      <p>{children}</p>
    </div>
  );
}
