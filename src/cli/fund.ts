import { dayIn, SystemClock } from "../kernel/clock.js";
import { isCurrency, parseTypedAmount } from "../kernel/money.js";
import { RULES } from "../funds/rule.js";
import { charterFromTemplate, TEMPLATES, type Template } from "../funds/templates.js";
import { Invitations } from "../treasurers/invitations.service.js";
import { CliError, given, withDatabase, type Verb } from "./command.js";
import { sqlState } from "../platform/database/database.js";
import type { Config } from "../platform/config/config.js";

export const fundVerb: Verb = {
  help: [
    `fund create --template ${TEMPLATES.join("|")} --name … --slug … --currency … [--time-zone …] [--rule ${RULES.join("|")}] [--least-part 200.00] [--releases 1] [--reserve-percent 0] [--reserve-days 60]`,
    "fund invite --fund <slug>            prints a link for one treasurer; it works once, for a day",
    "fund card-account --fund <slug> --account acct_…   gifts by card go to the fund's own Stripe account; only while it is founding",
    "fund assign-line --fund <slug> --line txn_… [--account acct_…]   a line of a shared Stripe account that is nobody's (a fee, a payout by hand) is this fund's",
    "fund list",
  ],
  async run(words, config) {
    const [act, ...rest] = words;
    if (act === "create") return create(rest, config);
    if (act === "invite") return invite(rest, config);
    if (act === "card-account") return cardAccount(rest, config);
    if (act === "assign-line") return assignLine(rest, config);
    if (act === "list") return list(config);
    throw new CliError("fund what? create, invite, card-account, assign-line or list");
  },
};

async function create(words: readonly string[], config: Config): Promise<number> {
  const { values } = given(words, [
    "template",
    "name",
    "slug",
    "currency",
    "time-zone",
    "rule",
    "least-part",
    "releases",
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
  const rule = RULES.find((known) => known === (values["rule"] ?? fromTemplate.rule));
  if (rule === undefined) throw new CliError(`--rule is one of ${RULES.join(", ")}`);
  const typedPart = values["least-part"];
  const leastPart = typedPart === undefined ? fromTemplate.leastPart : parseTypedAmount(typedPart, currency, "en");
  if (typedPart !== undefined && leastPart === null) throw new CliError("--least-part is an amount, such as 200.00");
  const releases = Number(values["releases"] ?? fromTemplate.releases);
  const charter = { ...fromTemplate, rule, reserve, releases, leastPart };
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

/** Direct charges: the fund's gifts never touch the server's own account. */
async function cardAccount(words: readonly string[], config: Config): Promise<number> {
  const { values } = given(words, ["fund", "account"]);
  const { fund: slug, account } = values;
  if (slug === undefined || account === undefined) throw new CliError("fund card-account needs --fund and --account");
  if (!/^acct_[A-Za-z0-9_]{1,100}$/.test(account))
    throw new CliError("--account is Stripe's name of it, such as acct_1PgafTB7WZ01zgkW");
  await withDatabase(config, async ({ database, funds }) => {
    const fund = await funds.bySlug(database.read, slug);
    const day = dayIn(fund.charter.timeZone, new SystemClock().now());
    try {
      await database.plain("insert into card_account (fund_id, account, day) values ($1, $2, $3)", [
        fund.fundId,
        account,
        day,
      ]);
    } catch (error) {
      if (sqlState(error) === "CP001")
        throw new CliError(`${slug} is open: its card account is no longer the command line's to set`);
      if (sqlState(error) === "23505")
        throw new CliError(`${slug} has a card account already, or another fund has this one`);
      throw error;
    }
    process.stdout.write(
      `Gifts by card to ${slug} go to ${account}. Its webhook must send events of connected accounts here, too.\n`,
    );
  });
  return 0;
}

/** The next sweep books it, within the hour. Doing it again changes nothing. */
async function assignLine(words: readonly string[], config: Config): Promise<number> {
  const { values } = given(words, ["fund", "line", "account"]);
  const { fund: slug, line, account = "" } = values;
  if (slug === undefined || line === undefined) throw new CliError("fund assign-line needs --fund and --line");
  await withDatabase(config, async ({ database, funds }) => {
    const fund = await funds.bySlug(database.read, slug);
    const [before] = await database.plain<{ fund_id: string }>(
      "select fund_id from line_assignment where account = $1 and line_id = $2",
      [account, line],
    );
    if (before !== undefined && before.fund_id !== fund.fundId)
      throw new CliError(`${line} was given to another fund before`);
    try {
      if (before === undefined)
        await database.plain("insert into line_assignment (account, line_id, fund_id, day) values ($1, $2, $3, $4)", [
          account,
          line,
          fund.fundId,
          dayIn(fund.charter.timeZone, new SystemClock().now()),
        ]);
    } catch (error) {
      if (sqlState(error) === "CP001")
        throw new CliError(`${line} is no line of that account that is nobody's, in ${slug}'s currency`);
      throw error;
    }
    process.stdout.write(`${line} is ${slug}'s. It is booked with the next look at Stripe, within the hour.\n`);
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
