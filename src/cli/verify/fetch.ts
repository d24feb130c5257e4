import type { Fetch } from "../../verify/verify.js";
import { CliError } from "../command.js";

const TIMEOUT_MS = 20_000;
/** A full bundle of the largest entries, and some more. */
const BYTES_MAX = 20 * 1024 * 1024;

/** The fund's own address, and its API's, out of whatever page of it somebody copied. */
export function placeOf(url: string): { fund: string; api: string } {
  if (!URL.canParse(url)) throw new CliError(`${url} is no address`);
  const { origin, pathname } = new URL(url);
  const [slug = ""] = pathname.split("/").filter((part) => part !== "");
  if (!/^[a-z][a-z0-9-]{2,39}$/.test(slug))
    throw new CliError("the address of a fund looks like https://pot.example.org/elm-street");
  return { fund: `${origin}/${slug}`, api: `${origin}/api/v1/funds/${slug}` };
}

export function fetchFrom(prefix: string): Fetch {
  return async (path) => {
    const answer = await fetch(`${prefix}/${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: "error" });
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (bytes.length > BYTES_MAX) throw new Error("the file is too large");
    return bytes;
  };
}

/** What the fund says of its log; null when it has none. */
export async function askFund(api: string): Promise<{ origin: string; vkey: string } | null> {
  try {
    const answer = await fetch(api, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const { log } = (await answer.json()) as { log?: { origin: string; vkey: string } | null };
    return log ?? null;
  } catch {
    throw new CliError(`${api} does not answer`);
  }
}
