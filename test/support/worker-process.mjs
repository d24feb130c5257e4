// The worker as a process of its own, from the built program, so that it can be killed as a machine kills: it hears what it needs by a message, and says `ready`.
import "reflect-metadata";

process.on("disconnect", () => process.exit(0));
process.once("message", async ({ url, origin, logKeyFile, tickMs }) => {
  const dist = (path) => import(new URL(`../../dist/${path}`, import.meta.url).href);
  const [{ startWorker }, { ENTITIES }, { Database }, { SystemClock }, { PublicAddress }, { CardService }, { Mail }, { LogSigner }] = await Promise.all(
    ["worker.js", "entities.js", "platform/database/database.js", "kernel/clock.js", "platform/http/address.js", "platform/stripe/stripe.js", "platform/mail/mail.js", "tlog/signer.js"].map(dist),
  ); // prettier-ignore
  const parts = {
    database: await Database.connect(url, ENTITIES),
    clock: new SystemClock(),
    address: new PublicAddress(origin),
    cards: new CardService(null),
    mail: new Mail(null, () => undefined),
    practice: true,
    limitLoopback: false,
    metricsToken: null,
    logSigner: LogSigner.open(logKeyFile),
    logPolicy: null,
    report: () => undefined,
  };
  await startWorker(parts, url, tickMs);
  process.send?.("ready");
});
