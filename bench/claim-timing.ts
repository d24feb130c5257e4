import { randomInt } from "node:crypto";
import { performance } from "node:perf_hooks";
import { newClaimCode } from "../src/requests/claim-code.js";
import { openBooks, type Books } from "./support/books.js";
import { claimWeb, requestWithCode } from "./support/claim-web.js";
import { median, rounded, say } from "./support/measure.js";
import { croppedWelch, pairedT } from "./support/welch.js";

const PAIRS = 2000;
const PLANTED_MS = 1;

/** What one look took: by the clock on the wall, and in processor time of this process, which a busy machine blurs less. */
interface Took {
  readonly wallMs: number;
  readonly workMs: number;
}

/**
 * Do words that open nothing take the same time, whatever is wrong with them? Never made, malformed, and erased, in random order, through the whole program. Beside them the same words as
 * the first with a millisecond of work planted: the harness has to find it, or the machine was too busy for a verdict. |t| under 4.5 is "the same": Welch's over all, and of the differences
 * within the pairs.
 */
export async function run(words: readonly string[] = []): Promise<object> {
  const pairs = Number(words[0] ?? PAIRS);
  const books = await openBooks(4);
  const web = await claimWeb(books.postgres.urls.app, true);
  try {
    const erased = await erasedCode(books);
    const ask = async (code: string, plantedMs = 0): Promise<Took> => {
      const [began, worked] = [performance.now(), process.cpuUsage()];
      const answer = await web.app.inject({
        method: "GET",
        url: "/api/v1/request",
        headers: { authorization: `Claim ${code}` },
      });
      if (plantedMs > 0) for (const from = process.cpuUsage(); sumMs(process.cpuUsage(from)) < plantedMs;);
      if (answer.statusCode !== 401) throw new Error(`answered ${answer.statusCode}`);
      return { wallMs: performance.now() - began, workMs: sumMs(process.cpuUsage(worked)) };
    };
    const kinds = {
      unknown: () => ask(newClaimCode()),
      malformed: () => ask(noCode()),
      erased: () => ask(erased),
      planted: () => ask(newClaimCode(), PLANTED_MS),
    };
    type Kind = keyof typeof kinds;
    const took: Record<Kind, Took[]> = { unknown: [], malformed: [], erased: [], planted: [] };
    for (let warm = 0; warm < 20; warm++) await kinds.unknown();
    for (let pair = 0; pair < pairs; pair++) {
      for (const kind of shuffled(Object.keys(kinds) as Kind[])) took[kind].push(await kinds[kind]());
      if (pair % 100 === 99) say(`${pair + 1} of ${pairs}`);
    }
    const of = (kind: Kind, what: keyof Took): number[] => took[kind].map((one) => one[what]);
    const t = (kind: Kind, what: keyof Took): number => rounded(croppedWelch(of("unknown", what), of(kind, what)));
    const paired = (kind: Kind, what: keyof Took): number => rounded(pairedT(of("unknown", what), of(kind, what)));
    const verdicts = (kind: Kind): number[] =>
      (["wallMs", "workMs"] as const).flatMap((what) => [t(kind, what), paired(kind, what)]).map(Math.abs);
    const told = (kind: Kind): object => ({
      tWall: t(kind, "wallMs"),
      tWork: t(kind, "workMs"),
      pairedWall: paired(kind, "wallMs"),
      pairedWork: paired(kind, "workMs"),
      wallMedianMs: rounded(median(of(kind, "wallMs"))),
      workMedianMs: rounded(median(of(kind, "workMs"))),
    });
    const most = Math.max(...verdicts("malformed"), ...verdicts("erased"));
    return {
      ratio: rounded(most / 4.5),
      pairs,
      plantedMs: PLANTED_MS,
      plantedFound: Math.max(...verdicts("planted")) > 4.5,
      unknown: told("unknown"),
      malformed: told("malformed"),
      erased: told("erased"),
      planted: told("planted"),
    };
  } finally {
    await web.close();
    await books.close();
  }
}

const sumMs = (used: NodeJS.CpuUsage): number => (used.user + used.system) / 1000;

/** Words that were good, of a request that is gone. */
async function erasedCode(books: Books): Promise<string> {
  const fundId = await books.makeFund("claim-timing");
  const code = await requestWithCode(books, fundId, 1);
  await books.owner.query("update aid_request set state = 'withdrawn' where fund_id = $1", [fundId]);
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
