import { ConfigError, readConfig } from "./config.js";

const REAL = {
  DATABASE_URL: "postgres://app:x@db/commonpot",
  DATABASE_OWNER_URL: "postgres://owner:x@db/commonpot",
  DATABASE_WORKER_URL: "postgres://worker:x@db/commonpot",
  PUBLIC_URL: "https://pot.example.org/",
  LOG_KEY_FILE: "/etc/commonpot/log.key",
};
const STRIPE = { STRIPE_SECRET_KEY: "rk_live_abc", STRIPE_WEBHOOK_SECRET: "whsec_a,whsec_b" };

describe("practice", () => {
  test("is on when nothing real is set and HOST is loopback", () => {
    expect(readConfig({}).practice).toBe(true);
    expect(readConfig({ HOST: "localhost", PORT: "0" }).practice).toBe(true);
  });
  test("is on with PRACTICE=1, also on another host or with a database of one's own", () => {
    expect(readConfig({ PRACTICE: "1", HOST: "0.0.0.0" }).practice).toBe(true);
    expect(readConfig({ ...REAL, PRACTICE: "1" }).practice).toBe(true);
  });
  test("is off when anything real is set", () => {
    expect(readConfig({ ...REAL, ...STRIPE }).practice).toBe(false);
  });
  test.each([
    ["a live key beside PRACTICE=1", { PRACTICE: "1", ...STRIPE }, "STRIPE_SECRET_KEY"],
    ["a test key beside PRACTICE=1", { PRACTICE: "1", ...STRIPE, STRIPE_SECRET_KEY: "sk_test_x" }, "STRIPE_SECRET_KEY"],
    ["another word", { PRACTICE: "yes" }, "PRACTICE"],
    ["off, and nothing real is set", { PRACTICE: "0" }, "DATABASE_URL"],
    ["not asked for, and the host is public", { HOST: "0.0.0.0" }, "DATABASE_URL"],
    ["not asked for, and a Stripe key is set", STRIPE, "DATABASE_URL"],
    ["not asked for, and a public address is set", { PUBLIC_URL: "https://a.example" }, "DATABASE_URL"],
  ])("refuses: %s", (_what, env, named) => {
    expect(() => readConfig(env)).toThrow(ConfigError);
    expect(() => readConfig(env)).toThrow(named);
  });
});

test.each([
  ["PORT", { PORT: "70000" }],
  ["PORT", { PORT: "http" }],
  ["PUBLIC_URL", { ...REAL, PUBLIC_URL: "pot.example.org" }],
  ["PUBLIC_URL", { ...REAL, PUBLIC_URL: "http://pot.example.org" }],
  ["PUBLIC_URL", { ...REAL, PUBLIC_URL: undefined }],
  ["LOG_KEY_FILE", { ...REAL, LOG_KEY_FILE: "" }],
  ["DATABASE_OWNER_URL", { ...REAL, DATABASE_OWNER_URL: undefined }],
  ["DATABASE_WORKER_URL", { ...REAL, DATABASE_WORKER_URL: "mysql://x" }],
  ["STRIPE_WEBHOOK_SECRET", { ...REAL, STRIPE_SECRET_KEY: "rk_live_x" }],
  ["STRIPE_SECRET_KEY", { ...REAL, STRIPE_WEBHOOK_SECRET: "whsec_x" }],
  ["STRIPE_SECRET_KEY", { ...REAL, ...STRIPE, STRIPE_SECRET_KEY: "pk_live_x" }],
  ["STRIPE_WEBHOOK_SECRET", { ...REAL, ...STRIPE, STRIPE_WEBHOOK_SECRET: "whsec_a,whsec_b,whsec_c" }],
  ["SMTP_URL", { ...REAL, SMTP_URL: "mail" }],
  ["ONION_URL", { ...REAL, ONION_URL: "https://pot.example.org" }],
  ["ONION_URL", { ...REAL, ONION_URL: `http://${"a".repeat(16)}.onion` }],
])("a wrong or missing %s is named, and a password in it is not", (name, env) => {
  expect(() => readConfig(env)).toThrow(name);
  try {
    readConfig({ ...env, DATABASE_URL: "http://app:secret@db" });
  } catch (error) {
    expect((error as Error).message).not.toContain("secret");
  }
});

test("no Stripe key outside practice only turns card gifts off", () => {
  expect(readConfig(REAL)).toMatchObject({ practice: false, stripe: null, publicUrl: "https://pot.example.org" });
});

describe("mail", () => {
  test("is off without SMTP_URL, and comes from the public host when nothing else is said", () => {
    expect(readConfig(REAL).mail).toBeNull();
    const SMTP_URL = "smtps://u:p@mail.example.org";
    expect(readConfig({ ...REAL, SMTP_URL }).mail).toEqual({ url: SMTP_URL, from: "commonpot@pot.example.org" });
    expect(readConfig({ ...REAL, SMTP_URL, MAIL_FROM: "pot@elm.example" }).mail?.from).toBe("pot@elm.example");
  });
  test.each(["Elm <pot@elm.example>", "pot", "pot@elm.example,x@y.example", "pot@elm.example\r\nBcc: x@y.example"])(
    "refuses MAIL_FROM %j",
    (MAIL_FROM) => {
      expect(() => readConfig({ ...REAL, MAIL_FROM })).toThrow("MAIL_FROM");
    },
  );
});
