/** The environment, read once and checked as a whole before anything starts. No other file reads `process.env`. */
export interface StripeSettings {
  /** A restricted key: checkout and read. */
  readonly secretKey: string;
  /** One, or two while rotating. */
  readonly webhookSecrets: readonly string[];
  /** Where the SDK calls; null is Stripe itself. */
  readonly host: { readonly hostname: string; readonly port: number } | null;
}

export interface MailSettings {
  /** `smtps://user:…@host` (TLS from the first byte) or `smtp://…` (STARTTLS where it is offered). */
  readonly url: string;
  /** The address that mail comes from. */
  readonly from: string;
}

export interface Config {
  readonly practice: boolean;
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** Without a trailing slash; null = whatever address we listen on (practice only). */
  readonly publicUrl: string | null;
  /** The same server as an onion service, without a trailing slash; null = there is none. */
  readonly onionUrl: string | null;
  readonly dataDir: string;
  /** The app's role; null = the embedded server, and so for the other two. */
  readonly databaseUrl: string | null;
  readonly databaseOwnerUrl: string | null;
  readonly databaseWorkerUrl: string | null;
  readonly stripe: StripeSettings | null;
  readonly logKeyFile: string | null;
  /** A C2SP tlog-policy file: the witnesses that are asked to cosign. */
  readonly logPolicyFile: string | null;
  /** Null: no mail is sent, and none is offered. */
  readonly mail: MailSettings | null;
  readonly metricsToken: string | null;
}

/** One thing that is wrong with the environment: named in one line, exit status 78 (EX_CONFIG of sysexits.h). */
export class ConfigError extends Error {}

export const EXIT_CONFIG = 78;

type Env = Readonly<Record<string, string | undefined>>;

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Practice is on with PRACTICE=1, or when DATABASE_URL, STRIPE_SECRET_KEY and PUBLIC_URL are all unset and HOST is loopback.
 * Throws a ConfigError that names the first thing that is wrong. `alone` is the one process that is started by itself.
 */
export function readConfig(env: Env, alone?: "web" | "worker"): Config {
  const value = (name: string): string | null => {
    const text = env[name]?.trim();
    return text === undefined || text === "" ? null : text;
  };
  const host = value("HOST") ?? "127.0.0.1";
  const practice = practiceIsOn(
    value("PRACTICE"),
    host,
    ["DATABASE_URL", "STRIPE_SECRET_KEY", "PUBLIC_URL"].every((name) => value(name) === null),
  );
  const config: Config = {
    practice,
    host,
    port: readPort(value("PORT")),
    publicUrl: readUrl("PUBLIC_URL", value("PUBLIC_URL"), ["http:", "https:"])?.replace(/\/+$/, "") ?? null,
    onionUrl: readOnion(value("ONION_URL")),
    dataDir: value("DATA_DIR") ?? "./data",
    databaseUrl: readUrl("DATABASE_URL", value("DATABASE_URL"), ["postgres:", "postgresql:"]),
    databaseOwnerUrl: readUrl("DATABASE_OWNER_URL", value("DATABASE_OWNER_URL"), ["postgres:", "postgresql:"]),
    databaseWorkerUrl: readUrl("DATABASE_WORKER_URL", value("DATABASE_WORKER_URL"), ["postgres:", "postgresql:"]),
    stripe: readStripe(value("STRIPE_SECRET_KEY"), value("STRIPE_WEBHOOK_SECRET")),
    logKeyFile: value("LOG_KEY_FILE"),
    logPolicyFile: value("LOG_POLICY_FILE"),
    mail: readMail(value("SMTP_URL"), value("MAIL_FROM"), value("PUBLIC_URL")),
    metricsToken: value("METRICS_TOKEN"),
  };
  checkTogether(config, alone);
  return config;
}

function practiceIsOn(flag: string | null, host: string, nothingReal: boolean): boolean {
  if (flag !== null && flag !== "0" && flag !== "1")
    throw new ConfigError(`PRACTICE must be 1, 0 or unset, not "${flag}".`);
  return flag === "1" || (flag === null && nothingReal && isLoopback(host));
}

function checkTogether(config: Config, alone?: "web" | "worker"): void {
  const urls = {
    DATABASE_URL: config.databaseUrl,
    DATABASE_OWNER_URL: config.databaseOwnerUrl,
    DATABASE_WORKER_URL: config.databaseWorkerUrl,
  };
  const missing = Object.entries(urls)
    .filter(([, url]) => url === null)
    .map(([name]) => name);
  // A web process that stands alone is told no password but its own.
  if (missing.length > 0 && missing.length < 3 && !(alone === "web" && config.databaseUrl !== null)) {
    throw new ConfigError(
      `${missing.join(" and ")} must be set when any database address is: the app, the owner and the worker are three roles.`,
    );
  }
  if (config.practice) {
    if (config.stripe !== null) {
      throw new ConfigError(
        "PRACTICE is on and STRIPE_SECRET_KEY is set: practice has its own Stripe and never touches a real one. Unset one of the two.",
      );
    }
    return;
  }
  if (config.databaseUrl === null) {
    throw new ConfigError(
      "DATABASE_URL is missing: outside practice Commonpot runs on your own PostgreSQL. Set it, or PRACTICE=1 to try things out.",
    );
  }
  if (config.publicUrl === null)
    throw new ConfigError(
      "PUBLIC_URL is missing: outside practice, links and passkeys need the address that people type.",
    );
  if (!config.publicUrl.startsWith("https:") && !isLoopback(new URL(config.publicUrl).hostname)) {
    throw new ConfigError("PUBLIC_URL must begin with https:// (passkeys and people's safety need TLS).");
  }
  if (config.logKeyFile === null && alone !== "web")
    throw new ConfigError(
      "LOG_KEY_FILE is missing: name a file outside the database and its backups for the log's signing key.",
    );
}

function readPort(text: string | null): number {
  const port = Number(text ?? "3000");
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new ConfigError(`PORT must be a number from 0 to 65535, not "${text ?? ""}".`);
  return port;
}

function readUrl(name: string, text: string | null, protocols: readonly string[]): string | null {
  if (text === null) return null;
  if (!URL.canParse(text) || !protocols.includes(new URL(text).protocol)) {
    // The value is not repeated: it may hold a password.
    throw new ConfigError(
      `${name} must be an address that begins with ${protocols.map((p) => `${p}//`).join(" or ")}.`,
    );
  }
  return text;
}

/** A version 3 onion address (Tor's rend-spec-v3, section 6). */
function readOnion(text: string | null): string | null {
  if (text === null) return null;
  const url = text.replace(/\/+$/, "");
  if (!/^https?:\/\/[a-z2-7]{56}\.onion$/.test(url))
    throw new ConfigError("ONION_URL must be http:// or https://, 56 letters and digits, and .onion.");
  return url;
}

function readMail(url: string | null, from: string | null, publicUrl: string | null): MailSettings | null {
  const smtp = readUrl("SMTP_URL", url, ["smtp:", "smtps:"]);
  if (from !== null && !/^[^\s@<>,;:"()]+@[^\s@<>,;:"()]+$/.test(from))
    throw new ConfigError("MAIL_FROM must be one plain address, such as pot@example.org.");
  if (smtp === null) return null;
  const host = publicUrl !== null && URL.canParse(publicUrl) ? new URL(publicUrl).hostname : "localhost";
  return { url: smtp, from: from ?? `commonpot@${host}` };
}

function readStripe(key: string | null, secrets: string | null): StripeSettings | null {
  if (key === null && secrets === null) return null;
  if (key === null)
    throw new ConfigError(
      "STRIPE_WEBHOOK_SECRET is set but STRIPE_SECRET_KEY is not: set both, or neither (card gifts are then off).",
    );
  if (secrets === null)
    throw new ConfigError(
      "STRIPE_SECRET_KEY is set but STRIPE_WEBHOOK_SECRET is not: without it no gift would ever be booked.",
    );
  if (!/^(sk|rk)_(live|test)_\w+$/.test(key))
    throw new ConfigError("STRIPE_SECRET_KEY must begin with rk_live_, sk_live_, rk_test_ or sk_test_.");
  const webhookSecrets = secrets.split(",").map((s) => s.trim());
  if (webhookSecrets.length > 2 || webhookSecrets.some((s) => !/^whsec_\w+$/.test(s))) {
    throw new ConfigError(
      "STRIPE_WEBHOOK_SECRET must be one whsec_… secret, or two with a comma between while rotating.",
    );
  }
  return { secretKey: key, webhookSecrets, host: null };
}

const HARMLESS = ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "NODE_ENV", "NODE_OPTIONS", "NODE_EXTRA_CA_CERTS"];

/**
 * The environment of the processes that the supervisor starts: nothing that is secret. What a role needs comes over its channel, and the web
 * process never learns the owner's password. In practice, one malloc arena instead of eight: scrypt's 16 MiB would otherwise stay with each
 * thread that ever ran it (measured: 524 MB of the whole become 354).
 */
export function childEnvironment(practice: boolean): NodeJS.ProcessEnv {
  const kept = Object.fromEntries(
    HARMLESS.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
  return { ...kept, ...(practice ? { MALLOC_ARENA_MAX: "1" } : {}) };
}

/** Reads the process's own environment, or ends the process with one line and status 78. */
export function configOrExit(alone?: "web" | "worker"): Config {
  try {
    return readConfig(process.env, alone);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`Commonpot can't start: ${error.message}\n`);
    process.exit(EXIT_CONFIG);
  }
}
