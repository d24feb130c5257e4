import { applyDecorators, ValidationPipe, type Type as Class, type ValidationError } from "@nestjs/common";
import { Type } from "class-transformer";
import { Matches, registerDecorator, ValidateIf, ValidateNested, type ValidationOptions } from "class-validator";
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

/** A field that need not be there. Null is no way of leaving it out: it is refused like any other wrong type, so that nothing behind this meets one. */
export const MayBeLeftOut = (): PropertyDecorator => ValidateIf((_body, value: unknown) => value !== undefined);

/** Something else than blanks. */
export const Filled = (): PropertyDecorator => Matches(/\S/, { message: "must not be empty" });

/** An object of a class, or a list of such. A list in place of an object is none: class-validator alone would walk into it. */
export function Nested(of: () => Class, options: { readonly each?: boolean } = {}): PropertyDecorator {
  const each = options.each ?? false;
  const isRecord = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
  const record: PropertyDecorator = (target, property) => {
    registerDecorator({
      name: "record",
      target: target.constructor,
      propertyName: String(property),
      options: { each },
      validator: { validate: isRecord, defaultMessage: () => "must be an object" },
    });
  };
  return applyDecorators(record, ValidateNested({ each }), Type(of));
}
