import { ValidationPipe, type ValidationError } from "@nestjs/common";
import { registerDecorator, type ValidationOptions } from "class-validator";
import { isPlainText } from "../../kernel/plain-text.js";
import { Refusal } from "../../kernel/refusal.js";

export const DEPTH_MAX = 8;
export const ARRAY_MAX = 100;
export const KEYS_MAX = 64;

/** Several inputs that were wrong at once: the name of each and why, never what was typed. */
export class InvalidInput extends Refusal {
  constructor(readonly errors: readonly { readonly field: string; readonly why: string }[]) {
    super("invalid", errors[0] ? { field: errors[0].field } : {});
  }
}

/** Only declared fields, of the declared types; anything else is refused with the field's name. */
export function strictBodies(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    transform: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => new InvalidInput(flatten(errors)),
  });
}

function flatten(errors: readonly ValidationError[], parent = ""): { field: string; why: string }[] {
  return errors.flatMap((error) => {
    const field = parent === "" ? error.property : `${parent}/${error.property}`;
    const own = Object.values(error.constraints ?? {}).map((why) => ({ field, why }));
    return [...own, ...flatten(error.children ?? [], field)];
  });
}

/** Deep, wide or huge JSON is refused before any of our code walks it. */
export function isReasonable(value: unknown, depth = 1): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth > DEPTH_MAX) return false;
  const items = Object.values(value);
  if (items.length > (Array.isArray(value) ? ARRAY_MAX : KEYS_MAX)) return false;
  return items.every((item) => isReasonable(item, depth + 1));
}

/** Text that a person typed: well formed, without control characters, at most `max` code points. */
export function PlainText(max: number, options?: ValidationOptions): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: "plainText",
      target: target.constructor,
      propertyName: String(property),
      ...(options ? { options } : {}),
      validator: {
        validate: (value: unknown) =>
          typeof value === "string" && isPlainText(value) && Array.from(value).length <= max,
        defaultMessage: () => `must be plain text of at most ${max} characters`,
      },
    });
  };
}
