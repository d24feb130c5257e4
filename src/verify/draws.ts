import { listHash, secretHash } from "../publication/draw.js";
import type { DrawEntry, DrawnEntry } from "../publication/entry.js";
import { fromHex } from "../kernel/ids.js";
import { alarm, note, type Finding } from "./finding.js";

/** Lotteries: what was announced is what was opened, once. The order follows from the entry alone (`drawnOrder`). */
export class Draws {
  private readonly announced = new Map<string, DrawEntry>();
  private readonly seen = new Set<string>();

  begun(entry: DrawEntry, index: number, k: number): Finding[] {
    const wrong = (detail: string): Finding[] => [alarm("draw", { index, detail })];
    if (this.seen.has(entry.draw)) return wrong("it begins twice");
    this.seen.add(entry.draw);
    this.announced.set(entry.draw, entry);
    if (new Set(entry.secrets.map((s) => s.treasurer)).size !== entry.secrets.length) return wrong("one treasurer put in both secrets"); // prettier-ignore
    return entry.tickets < k ? [alarm("small-cell", { index, detail: String(k) })] : [];
  }

  ended(entry: DrawnEntry, index: number): Finding[] {
    const wrong = (detail: string): Finding[] => [alarm("draw", { index, detail })];
    const announced = this.announced.get(entry.draw);
    if (announced === undefined) return wrong("it was never announced, or is drawn twice");
    this.announced.delete(entry.draw);
    if (entry.tickets.length !== announced.tickets || listHash(entry.tickets) !== announced.list)
      return wrong("its tickets are not those that were announced");
    const fits = announced.secrets.every(({ hash }, i) => secretHash(fromHex(entry.secrets[i] ?? "")) === hash);
    return fits ? [] : wrong("its secrets are not those that were announced");
  }

  /** Somebody who kept a secret back may have disliked what would have been drawn. */
  closing(): Finding[] {
    return this.announced.size === 0 ? [] : [note("undrawn", { detail: String(this.announced.size) })];
  }
}
