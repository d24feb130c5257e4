import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import type { Parts } from "../app.module.js";
import { charterFromTemplate } from "../funds/templates.js";
import type { Charter } from "../funds/charter.js";
import { Funds, type Fund } from "../funds/funds.service.js";
import { Enrolment } from "../treasurers/enrolment.service.js";
import { PersonAtDesk } from "./person-at-desk.js";
import { PRACTICE_NAMES, practiceTreasurer } from "./practice-treasurers.js";

export const PRACTICE_SLUG = "example-fund";

function practiceCharter(): Charter {
  return {
    ...charterFromTemplate("general", {
      name: "Elm Street Common Pot",
      currency: "usd",
      timeZone: "America/Chicago",
      practice: true,
    }),
    words: true,
    monthlyGoal: 600_000n,
    nextMeeting: "Thursday 7 pm, the back room of the library",
    onward: [
      { name: "Mutual Aid Hub: groups near you", url: "https://www.mutualaidhub.org/", checked: "2026-11-20" },
      { name: "211: help by phone, day and night", url: "https://www.211.org/", checked: "2026-11-20" },
    ],
  };
}

/** The practice fund with its three treasurers, open: made once, by the same acts as any other fund. */
export async function ensurePracticeFund(app: NestFastifyApplication, parts: Parts): Promise<Fund> {
  const funds = app.get(Funds);
  const there = (await funds.list(parts.database.read)).find((f) => f.slug === PRACTICE_SLUG);
  if (there?.state === "open") return there;
  const fund =
    there ??
    (await parts.database.atomically((tx) =>
      funds.create(
        tx,
        { slug: PRACTICE_SLUG, template: "general", currency: "usd", practice: true, charter: practiceCharter() },
        parts.clock.now(),
      ),
    ));
  const people = await Promise.all(PRACTICE_NAMES.map(practiceTreasurer));
  await parts.database.atomically(async (tx) => {
    const [seated] = await tx.query<{ n: string }[]>("select count(*) as n from treasurer where fund_id = $1", [
      fund.fundId,
    ]);
    if (Number(seated?.n ?? 0) > 0) return;
    for (const person of people) {
      const seat = {
        name: person.name,
        recipient: person.recipient,
        wrappedIdentity: person.wrappedIdentity,
        wrappedBy: "prf" as const,
      };
      const credential = { credentialId: person.passkey.credentialId, publicKey: person.publicKey, counter: 0n };
      await app.get(Enrolment).seat(tx, fund, seat, credential, true);
    }
  });
  for (const person of people)
    await (await new PersonAtDesk(app, fund.slug, parts.address.origin, person).signIn()).signGenesis();
  return funds.byId(parts.database.read, fund.fundId);
}
