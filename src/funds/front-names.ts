import type { Fund } from "./funds.service.js";

/** Who asked to be named on a fund's page. The room of gifts knows; this one only has the page. */
export abstract class FrontNames {
  /** In the order of the alphabet of the reader's language, without amounts. */
  abstract of(fund: Fund, language: string): Promise<readonly string[]>;
}
