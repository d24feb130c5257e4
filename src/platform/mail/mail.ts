import { createTransport, type Transporter } from "nodemailer";
import { Refusal } from "../../kernel/refusal.js";
import { isLoopback, type MailSettings } from "../config/config.js";
import { isPlainText } from "../../kernel/plain-text.js";

/** How long a mail server may take for any one step, and for all of them. */
const STEP_TIMEOUT_MS = 10_000;

export interface Letter {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/**
 * Plain letters over SMTP: text alone, nothing that tells us whether they were read. Addresses and contents pass through memory; neither is stored, and errors are reported
 * by their kind alone.
 */
export class Mail {
  private readonly transporter: Transporter | null;

  constructor(
    private readonly settings: MailSettings | null,
    private readonly report: (line: string) => void,
    private readonly timeoutMs: number = STEP_TIMEOUT_MS,
  ) {
    this.transporter = settings === null ? null : createTransport(options(settings.url, timeoutMs));
  }

  get isOn(): boolean {
    return this.transporter !== null;
  }

  /** Hands a letter to the server, outside any SQL transaction. Refuses `mail-off`, and `mail-failed` when the server did not take it. */
  async send(letter: Letter): Promise<void> {
    if (this.transporter === null || this.settings === null) throw new Refusal("mail-off");
    if (!isMailAddress(letter.to)) throw new Refusal("invalid", { field: "address" });
    const { from } = this.settings;
    const sending = this.transporter.sendMail({
      from: { name: "", address: from },
      to: { name: "", address: letter.to },
      envelope: { from, to: letter.to },
      // A header is one line: a fund's name can't begin another.
      subject: letter.subject.replace(/\s+/g, " "),
      text: letter.text,
      headers: { "auto-submitted": "auto-generated" },
      xMailer: false,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    try {
      await within(this.timeoutMs, sending);
    } catch (error) {
      // Never the message: it repeats the address.
      this.report(`mail could not be sent: ${kindOf(error)}`);
      throw new Refusal("mail-failed");
    }
  }
}

/** One address of the common kind (RFC 5321 without quoted names), so that nothing in it can be read as a header or a second address. */
export function isMailAddress(text: string): boolean {
  return (
    text.length <= 254 &&
    isPlainText(text) &&
    /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])$/.test(
      text,
    ) &&
    text.indexOf("@") <= 64
  );
}

function options(url: string, timeoutMs: number): object {
  const { protocol, hostname, port, username, password } = new URL(url);
  const auth =
    username === "" ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } };
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? (protocol === "smtps:" ? 465 : 587) : Number(port),
    secure: protocol === "smtps:",
    // A password never goes over a line that anybody can read.
    requireTLS: protocol === "smtp:" && username !== "" && !isLoopback(hostname),
    ...auth,
    tls: { minVersion: "TLSv1.2" },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    logger: false,
    debug: false,
  };
}

/** A server that answers each step in time may still take for ever over all of them. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error("too late"), { code: "ETIMEDOUT" })), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}

function kindOf(error: unknown): string {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  return `${typeof code === "string" ? code : "unknown"}${typeof responseCode === "number" ? ` ${responseCode}` : ""}`;
}
