import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from "@nestjs/common";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Refusal } from "../kernel/refusal.js";
import { isBusy, sqlState } from "../platform/database/database.js";
import { InvalidInput } from "../platform/http/body.js";
import { problemOf } from "../platform/http/problems.js";
import { ProofNeeded } from "../platform/http/proof-of-work.service.js";
import { page, sendPage, voiceFor } from "./layout.js";
import { isMessageKey } from "./words.js";

/** SQLSTATEs of values that only a broken or hostile client sends: refused, never a 500 (docs/threat-model.md). */
const BAD_VALUE = new Set(["22021", "22P05", "22P02", "22003", "22008", "22007"]);

/** What goes later: the answer says when. */
const COME_BACK = new Set(["busy", "outcome-unknown", "too-many", "cards-paused"]);

/** The one place that turns an error into HTTP: a problem document (RFC 9457) for programs, a plain page for people. */
@Catch()
export class RefusalFilter implements ExceptionFilter {
  constructor(private readonly report: (line: string) => void) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const refusal = refusalFrom(error);
    if (refusal.code === "broken") this.report(lineFor(error, request));
    const { status } = problemOf(refusal.code);
    if (COME_BACK.has(refusal.code)) void reply.header("retry-after", String(refusal.options.values?.["seconds"] ?? 2));
    if (wantsPage(request)) sendPage(reply, problemPage(refusal, request), status);
    else sendProblem(reply, refusal);
  }
}

function sendProblem(reply: FastifyReply, refusal: Refusal): void {
  const { status, title } = problemOf(refusal.code);
  const errors =
    refusal instanceof InvalidInput
      ? refusal.errors
      : refusal.options.field === undefined
        ? []
        : [{ field: refusal.options.field, why: title }];
  void reply
    .status(status)
    .type("application/problem+json")
    .send(JSON.stringify({
      type: `urn:commonpot:problem:${refusal.code}`, title, status,
      ...(errors.length > 0 ? { errors: errors.map((e) => ({ pointer: `/${e.field}`, detail: e.why })) } : {}),
      ...(refusal instanceof ProofNeeded ? { challenge: refusal.challenge } : {}),
    })); // prettier-ignore
}

function problemPage(refusal: Refusal, request: FastifyRequest): string {
  const voice = voiceFor(request);
  const key = `problem.${refusal.code}`;
  const values = { seconds: 5, ...refusal.options.values };
  return page(
    { language: voice.language, title: voice.say("problem.title") },
    <>
      <h1>{voice.say("problem.title")}</h1>
      <p class="lead">{voice.say(isMessageKey(key) ? key : "problem.broken", values)}</p>
    </>,
  );
}

function wantsPage(request: FastifyRequest): boolean {
  return (
    !request.url.startsWith("/api/") &&
    !request.url.startsWith("/webhooks/") &&
    (request.headers.accept ?? "").includes("text/html")
  );
}

function refusalFrom(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const state = sqlState(error);
  if (state !== undefined && BAD_VALUE.has(state)) return new Refusal("invalid");
  if (isBusy(error)) return new Refusal("busy");
  const status =
    error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown } | null)?.statusCode;
  const codes: Readonly<Record<number, string>> = {
    400: "unreadable",
    404: "no-such-page",
    405: "no-such-page",
    413: "too-large",
    414: "too-large",
    415: "wrong-type",
    431: "too-large",
  };
  return new Refusal((typeof status === "number" ? codes[status] : undefined) ?? "broken");
}

/** Where and what kind, never the message: it may repeat what a person sent. */
function lineFor(error: unknown, request: FastifyRequest): string {
  const frames =
    error instanceof Error
      ? (error.stack ?? "")
          .split("\n")
          .filter((l) => l.trim().startsWith("at "))
          .slice(0, 4)
      : [];
  return `broken: ${request.method} ${request.routeOptions.url ?? "?"} ${error instanceof Error ? error.name : typeof error} ${sqlState(error) ?? ""} ${frames.map((f) => f.trim()).join(" ")}`;
}
