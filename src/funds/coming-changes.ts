import type { Voice } from "../pages/words.js";
import type { Fund } from "./funds.service.js";

/** What is decided and not in force yet, as everybody may read it. The room of treasurers knows; this one only has the page. */
export abstract class ComingChanges {
  /** Null while nothing waits. Names of treasurers are not in it: they are nobody's but the group's. */
  abstract of(fund: Fund, voice: Voice): Promise<{ readonly says: string; readonly from: string } | null>;
}
