import { Injectable } from "@nestjs/common";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Funds, type Fund } from "../funds/funds.service.js";
import { Refusal } from "../kernel/refusal.js";
import { formKey, refusedForm, typedTexts, type FormState } from "../pages/fields.js";
import { link, voiceFor } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import { Database, type Tx } from "../platform/database/database.js";
import { Acts } from "../platform/http/acts.service.js";
import { problemOf } from "../platform/http/problems.js";
import { requireKey } from "../platform/http/idempotency-key.js";
import { Sessions } from "./sessions.service.js";
import type { TreasurerRow } from "./treasurer.entity.js";

/** A treasurer at their desk, and the fund that it is of. */
export interface Seated {
  readonly fund: Fund;
  readonly treasurerId: string;
}

export interface Visit {
  readonly fund: Fund;
  readonly treasurer: TreasurerRow;
}

/** What a form of the desk brought, and whose it is. */
export interface Submitted extends Visit, Seated {
  readonly voice: Voice;
  /** All but the form's key. */
  readonly typed: Readonly<Record<string, string>>;
  readonly key: string;
}

/** How each page of the desk is opened, and what every write there goes through: a session of this fund, from our own pages, and a key under which it is done once. */
@Injectable()
export class DeskActs {
  constructor(
    private readonly database: Database,
    private readonly funds: Funds,
    private readonly sessions: Sessions,
    private readonly acts: Acts,
  ) {}

  /** Who opens one of the desk's pages. Whoever has no session is sent to where one signs in, and the answer is null: the page has nothing more to say. Refuses `no-such-fund`. */
  async visit(slug: string, request: FastifyRequest, reply: FastifyReply): Promise<Visit | null> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const treasurer = await this.sessions.treasurer(fund, request);
    if (treasurer !== null) return { fund, treasurer };
    void reply.redirect(link(voiceFor(request).language, `/${fund.slug}/desk`), 303);
    return null;
  }

  /** Refuses `no-such-fund`, `elsewhere` and `sign-in`. */
  async seated(slug: string, request: FastifyRequest): Promise<Seated> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const { treasurerId } = await this.sessions.require(fund, request);
    return { fund, treasurerId };
  }

  /** Reads a form of the desk and acts on it. What the act refuses is answered by the page `again`, with a sentence and nothing lost. Refuses `no-such-fund`, `elsewhere` and `sign-in` itself. */
  async submitted(
    slug: string,
    request: FastifyRequest,
    body: object,
    act: (form: Submitted) => Promise<void>,
    again: (form: Submitted, state: FormState, status: number) => Promise<void> | void,
  ): Promise<void> {
    const fund = await this.funds.bySlug(this.database.read, slug);
    const treasurer = await this.sessions.require(fund, request);
    const all = typedTexts(body);
    const { key: _key, ...typed } = all;
    const voice = voiceFor(request, fund.currency);
    const form = { fund, treasurer, treasurerId: treasurer.treasurerId, voice, typed, key: formKey(all) };
    try {
      await act(form);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await again(form, refusedForm(voice, typed, error), problemOf(error.code).status);
    }
  }

  /** The act and the answer that is kept for its key, in one SQL transaction. Refuses `key-missing`, `key-used-before`, and what `seated` refuses. */
  async once<T extends object>(
    slug: string,
    request: FastifyRequest,
    body: object,
    act: (tx: Tx, seated: Seated) => Promise<T>,
  ): Promise<T> {
    const seated = await this.seated(slug, request);
    return this.under(seated, requireKey(request.headers["idempotency-key"]), body, act);
  }

  /** The same where the session and the key (a form's hidden field) are known already. */
  async under<T extends object>(
    seated: Seated,
    key: string,
    body: object,
    act: (tx: Tx, seated: Seated) => Promise<T>,
  ): Promise<T> {
    const who = { fundId: seated.fund.fundId, principal: seated.treasurerId, key, body };
    return this.database.atomically((tx) => this.acts.once(tx, who, () => act(tx, seated)));
  }
}
