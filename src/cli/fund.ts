import { SystemClock } from "../kernel/clock.js";
import { isCurrency } from "../kernel/money.js";
import { charterFromTemplate, TEMPLATES, type Template } from "../funds/templates.js";
import { Invitations } from "../treasurers/invitations.service.js";
import { CliError, given, withDatabase, type Verb } from "./command.js";
import type { Config } from "../platform/config/config.js";

export const fundVerb: Verb = {
  help: [
    `fund create --template ${TEMPLATES.join("|")} --name … --slug … --currency … [--time-zone …] [--reserve-percent 0] [--reserve-days 60]`,
    "fund invite --fund <slug>            prints a link for one treasurer; it works once, for a day",
    "fund list",
  ],
  async run(words, config) {
    const [act, ...rest] = words;
    if (act === "create") return create(rest, config);
    if (act === "invite") return invite(rest, config);
    if (act === "list") return list(config);
    throw new CliError("fund what? create, invite or list");
  },
};

async function create(words: readonly string[], config: Config): Promise<number> {
  const { values } = given(words, [
    "template",
    "name",
    "slug",
    "currency",
    "time-zone",
    "reserve-percent",
    "reserve-days",
  ]);
  const { template = "general", name, slug, currency, "time-zone": timeZone = "UTC" } = values;
  if (name === undefined || slug === undefined || currency === undefined)
    throw new CliError("fund create needs --name, --slug and --currency");
  if (!TEMPLATES.includes(template as Template)) throw new CliError(`--template is one of ${TEMPLATES.join(", ")}`);
  if (!isCurrency(currency)) throw new CliError("--currency is a lower-case ISO 4217 code, such as usd or eur");
  if (!Intl.supportedValuesOf("timeZone").concat("UTC").includes(timeZone))
    throw new CliError("--time-zone is an IANA name, such as America/Chicago");
  const { practice } = config;
  const fromTemplate = charterFromTemplate(template as Template, { name, currency, timeZone, practice });
  const reserve = {
    percent: Number(values["reserve-percent"] ?? fromTemplate.reserve.percent),
    days: Number(values["reserve-days"] ?? fromTemplate.reserve.days),
  };
  const charter = { ...fromTemplate, reserve };
  await withDatabase(config, async ({ database, funds }) => {
    const fund = await database.atomically((tx) =>
      funds.create(tx, { slug, template: template as Template, currency, practice, charter }, new SystemClock().now()),
    );
    process.stdout.write(
      `${fund.slug} is made${practice ? " (a practice fund)" : ""}. Next: commonpot fund invite --fund ${fund.slug}, once for each treasurer.\n`,
    );
  });
  return 0;
}

async function invite(words: readonly string[], config: Config): Promise<number> {
  const { values } = given(words, ["fund"]);
  const slug = values["fund"];
  if (slug === undefined) throw new CliError("fund invite needs --fund <slug>");
  await withDatabase(config, async ({ database, funds }) => {
    const now = new SystemClock().now();
    const token = await database.atomically(async (tx) =>
      new Invitations().invite(tx, await funds.bySlug(tx, slug), now),
    );
    const address = config.publicUrl ?? `http://localhost:${config.port}`;
    // The secret stands behind the #: browsers never send that part, so it reaches no log.
    process.stdout.write(
      `${address}/${slug}/join#${token}\nFor one treasurer, once, within a day. Whoever opens it first takes the seat.\n`,
    );
  });
  return 0;
}

async function list(config: Config): Promise<number> {
  await withDatabase(config, async ({ database, funds }) => {
    for (const fund of await funds.list(database.read)) {
      process.stdout.write(
        `${fund.slug}\t${fund.charter.name}\t${fund.currency}\t${fund.state}${fund.practice ? "\tpractice" : ""}\n`,
      );
    }
  });
  return 0;
}
