import { randomInt } from "node:crypto";
import { performance } from "node:perf_hooks";
import { newClaimCode } from "../src/requests/claim-code.js";
import { openBooks, type Books } from "./support/books.js";
import { claimWeb, requestWithCode } from "./support/claim-web.js";
import { median, rounded, say } from "./support/measure.js";
import { croppedWelch, welch } from "./support/welch.js";

const PAIRS = 2000;
const PLANTED_MS = 1;

/**
 * Do words that open nothing take the same time, whatever is wrong with them? Never made, malformed, and erased, in random order, through the whole program. Beside them the same words as
 * the first with a millisecond planted: the harness has to find it. |t| under 4.5 is "the same".
 */
export async function run(words: readonly string[] = []): Promise<object> {
  const pairs = Number(words[0] ?? PAIRS);
  const books = await openBooks(4);
  const web = await claimWeb(books.postgres.urls.app, true);
  try {
    const erased = await erasedCode(books);
    const ask = async (code: string, plantedMs = 0): Promise<number> => {
      const began = performance.now();
      const answer = await web.app.inject({
        method: "GET",
        url: "/api/v1/request",
        headers: { authorization: `Claim ${code}` },
      });
      for (const until = performance.now() + plantedMs; performance.now() < until;);
      if (answer.statusCode !== 401) throw new Error(`answered ${answer.statusCode}`);
      return performance.now() - began;
    };
    const kinds = {
      unknown: () => ask(newClaimCode()),
      malformed: () => ask(noCode()),
      erased: () => ask(erased),
      planted: () => ask(newClaimCode(), PLANTED_MS),
    };
    type Kind = keyof typeof kinds;
    const took: Record<Kind, number[]> = { unknown: [], malformed: [], erased: [], planted: [] };
    for (let warm = 0; warm < 20; warm++) await kinds.unknown();
    for (let pair = 0; pair < pairs; pair++) {
      for (const kind of shuffled(Object.keys(kinds) as Kind[])) took[kind].push(await kinds[kind]());
      if (pair % 100 === 99) say(`${pair + 1} of ${pairs}`);
    }
    const t = (kind: Kind): object => ({
      t: rounded(croppedWelch(took.unknown, took[kind])),
      tWhole: rounded(welch(took.unknown, took[kind])),
      medianMs: rounded(median(took[kind])),
    });
    return {
      ratio: rounded(
        Math.max(...(["malformed", "erased"] as const).map((k) => Math.abs(croppedWelch(took.unknown, took[k])))) / 4.5,
      ),
      pairs,
      unknownMedianMs: rounded(median(took.unknown)),
      malformed: t("malformed"),
      erased: t("erased"),
      plantedMs: PLANTED_MS,
      planted: t("planted"),
    };
  } finally {
    await web.close();
    await books.close();
  }
}

/** Words that were good, of a request that is gone. */
async function erasedCode(books: Books): Promise<string> {
  const fundId = await books.makeFund("claim-timing");
  const code = await requestWithCode(books, fundId, 1);
  await books.owner.query("delete from aid_request where fund_id = $1", [fundId]);
  return code;
}

/** Letters and spaces that are no words, about as long as seven words are. */
function noCode(): string {
  return Array.from({ length: 7 }, () =>
    Array.from({ length: randomInt(3, 10) }, () => String.fromCharCode(97 + randomInt(26))).join(""),
  ).join(" ");
}

function shuffled<T>(items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
  return items;
}
