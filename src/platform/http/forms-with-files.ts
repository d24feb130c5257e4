import multipart from "@fastify/multipart";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Refusal } from "../../kernel/refusal.js";

/** One file. */
export const FILE_BYTES_MAX = 1024 * 1024;
/** A field that carries a file's text from one page to the next: the same letters, in UTF-8 and with two signs at the end of each line. */
const FIELD_BYTES_MAX = 3 * FILE_BYTES_MAX;
const FORM_BYTES_MAX = FIELD_BYTES_MAX + 64 * 1024;
const FIELDS_MAX = 32;

/** What a route says of itself (`@RouteConfig(ACCEPTS_A_FILE)`) to be sent forms with a file; every other route refuses them before a byte is read. */
export const ACCEPTS_A_FILE = { acceptsFile: true } as const;

export interface FormWithFile {
  readonly fields: Readonly<Record<string, string>>;
  /** Null when no file was chosen. */
  readonly file: Uint8Array | null;
}

export async function acceptFilesWhereSaid(server: FastifyInstance): Promise<void> {
  await server.register(multipart, {
    limits: {
      fieldNameSize: 64,
      fieldSize: FIELD_BYTES_MAX,
      fields: FIELDS_MAX,
      fileSize: FILE_BYTES_MAX,
      files: 1,
      headerPairs: 20,
      parts: FIELDS_MAX + 1,
    },
  });
  server.addHook("onRequest", (request, _reply, done) => {
    const refusal = refusalOf(request);
    if (refusal === null) done();
    else done(refusal);
  });
}

function refusalOf(request: FastifyRequest): Refusal | null {
  if (request.is404 || !/^multipart\//i.test(request.headers["content-type"] ?? "")) return null;
  const { acceptsFile } = request.routeOptions.config as { acceptsFile?: boolean };
  if (acceptsFile !== true) return new Refusal("wrong-type");
  // Node lets in as many bytes as were announced: so the whole form is bounded, too, and not its parts alone.
  const length = Number(request.headers["content-length"] ?? Number.NaN);
  return length <= FORM_BYTES_MAX ? null : new Refusal("too-large");
}

/** Reads such a form. The handler asks who is there first: until then nothing of it is read. Refuses `too-large` and `unreadable`. */
export async function readFormWithFile(request: FastifyRequest): Promise<FormWithFile> {
  if (!request.isMultipart()) throw new Refusal("wrong-type");
  const fields = new Map<string, string>();
  let file: Uint8Array | null = null;
  try {
    for await (const part of request.parts()) {
      if (part.type === "file") {
        const bytes = await part.toBuffer();
        if (bytes.length > 0) file = bytes;
      } else if (part.valueTruncated) throw new Refusal("too-large");
      else if (typeof part.value === "string" && !fields.has(part.fieldname)) fields.set(part.fieldname, part.value);
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal((error as { statusCode?: number }).statusCode === 413 ? "too-large" : "unreadable", {
      field: "file",
    });
  }
  return { fields: Object.fromEntries(fields), file };
}
