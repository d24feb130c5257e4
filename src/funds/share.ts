import type { Share } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import type { Fund } from "./funds.service.js";

/** What a chat shows of a fund's page; `path` is what follows the fund's address. The picture is drawn by the room of gifts. */
export function shareOf(origin: string, fund: Fund, voice: Voice, path: string): Share {
  const address = `${origin}/${fund.slug}`;
  return {
    url: `${address}${path}`,
    image: `${address}/give/card.png?lang=${voice.language}`,
    description: voice.say("fund.lead"),
  };
}
