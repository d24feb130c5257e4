import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { newToken } from "../kernel/ids.js";
import type { OpenedConversation } from "../requests/messages/conversations.service.js";
import type { Locks } from "../requests/relocking/relocking.js";
import { signWithSoftwarePasskey } from "../treasurers/software-passkey.js";
import type { PracticeTreasurer } from "./practice-treasurers.js";

/** A treasurer with a software passkey who uses the desk's own routes, as a browser would. */
export class PersonAtDesk {
  private cookie = "";

  constructor(
    private readonly app: NestFastifyApplication,
    private readonly slug: string,
    private readonly origin: string,
    private readonly who: PracticeTreasurer,
    /** Where no worker runs, what it would do before anybody pays. */
    private readonly beforeTaking: () => Promise<unknown> = () => Promise.resolve(),
  ) {}

  async signIn(): Promise<this> {
    const { challengeId, challenge } = await this.post<{ challengeId: string; challenge: string }>("logins", {});
    const response = await signWithSoftwarePasskey(this.who.passkey, challenge, this.origin);
    await this.post("sessions", { challengeId, response });
    return this;
  }

  /** What their browser would send along. */
  cookieOf(): string {
    return this.cookie;
  }

  /** Signs one statement over a list. */
  async approve(
    disbursements: readonly string[],
  ): Promise<{ approved: string[]; signed: string[]; outOfDate: string[]; notCovered: string[] }> {
    const { challengeId, challenge } = await this.post<{ challengeId: string; challenge: string }>(
      "approval-statements",
      { disbursements },
    );
    return this.post("approvals", {
      challengeId,
      response: await signWithSoftwarePasskey(this.who.passkey, challenge, this.origin),
    });
  }

  async signGenesis(): Promise<{ open: boolean }> {
    const { challengeId, challenge } = await this.post<{ challengeId: string; challenge: string }>(
      "genesis-statements",
      {},
    );
    return this.post("genesis-signatures", {
      challengeId,
      response: await signWithSoftwarePasskey(this.who.passkey, challenge, this.origin),
    });
  }

  /** Signs a decision. */
  async decide(decision: string): Promise<{ decided: boolean }> {
    const { challengeId, challenge } = await this.post<{ challengeId: string; challenge: string }>(
      "decision-statements",
      { decision },
    );
    return this.post("decision-signatures", {
      challengeId,
      response: await signWithSoftwarePasskey(this.who.passkey, challenge, this.origin),
    });
  }

  /** Opens what somebody wrote, with a challenge asked for it; `about` is what is asked for in the end. */
  async openMessages(request: string, about = request): Promise<OpenedConversation> {
    const { challengeId, challenge } = await this.post<{ challengeId: string; challenge: string }>(
      "message-opening-challenges",
      { request },
    );
    const response = await signWithSoftwarePasskey(this.who.passkey, challenge, this.origin);
    return this.post("message-openings", { request: about, challengeId, response });
  }

  /** The locks that were made for whoever sat before, and those that others made anew. */
  async openLocks(): Promise<Locks> {
    const { challengeId, challenge } = await this.post<{ challengeId: string; challenge: string }>(
      "relocking-challenges",
      {},
    );
    const response = await signWithSoftwarePasskey(this.who.passkey, challenge, this.origin);
    return this.post("relocking-openings", { challengeId, response });
  }

  async take(disbursement: string): Promise<{ payoutId: string }> {
    await this.beforeTaking();
    return this.post("payouts", { disbursement });
  }

  async sent(disbursement: string, rail: string, holding: string, reference?: string): Promise<{ seq: number }> {
    return this.post("payouts/sent", {
      disbursement,
      rail,
      holding,
      ...(reference === undefined ? {} : { reference }),
    });
  }

  /** What only a treasurer may read. */
  async get<T>(path: string): Promise<T> {
    const answer = await this.app.inject({
      method: "GET",
      url: `/api/v1/funds/${this.slug}/${path}`,
      headers: { "sec-fetch-site": "same-origin", cookie: this.cookie },
    });
    if (answer.statusCode >= 400) throw new Error(`${path}: ${answer.statusCode} ${answer.body}`);
    return JSON.parse(answer.body) as T;
  }

  /** One of the desk's pages. */
  async page(path = "desk"): Promise<string> {
    const url = `/${this.slug}/${path}`;
    return (await this.app.inject({ method: "GET", url, headers: { cookie: this.cookie } })).body;
  }

  /** A form of one of the desk's pages, as a browser without script sends it; returns the status. */
  async form(path: string, fields: Readonly<Record<string, string>>, slug = this.slug): Promise<number> {
    return (await this.send(path, fields, slug)).status;
  }

  /** The same, with the page that comes back. */
  async send(
    path: string,
    fields: Readonly<Record<string, string>>,
    slug = this.slug,
  ): Promise<{ status: number; body: string }> {
    const answer = await this.app.inject({
      method: "POST",
      url: `/${slug}/${path}`,
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "sec-fetch-site": "same-origin",
        cookie: this.cookie,
      },
      payload: new URLSearchParams(fields).toString(),
    });
    return { status: answer.statusCode, body: answer.body };
  }

  /** A write at the desk; throws with the problem's type when it is refused. */
  async post<T>(path: string, body: object, key: string = newToken()): Promise<T> {
    const answer = await this.app.inject({
      method: "POST",
      url: `/api/v1/funds/${this.slug}/${path}`,
      headers: {
        "content-type": "application/json",
        "sec-fetch-site": "same-origin",
        "idempotency-key": key,
        ...(this.cookie === "" ? {} : { cookie: this.cookie }),
      },
      payload: JSON.stringify(body),
    });
    const set = answer.headers["set-cookie"];
    if (typeof set === "string") this.cookie = set.split(";")[0] ?? "";
    if (answer.statusCode >= 400) throw new Error(`${path}: ${answer.statusCode} ${answer.body}`);
    return JSON.parse(answer.body) as T;
  }
}
