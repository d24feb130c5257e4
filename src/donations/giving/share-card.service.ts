import { Injectable } from "@nestjs/common";
import { drawPng } from "../../pages/png.js";

/** Pictures that are kept: about 40 kB each. */
export const CARDS_KEPT_MAX = 64;

/**
 * Share cards as PNG: each content is drawn once, and the last ones are kept.
 * The content is the key, so that a new charter or a new figure is a new picture, and nobody can ask for more of them than there are.
 */
@Injectable()
export class ShareCards {
  private readonly kept = new Map<string, Promise<Uint8Array>>();

  png(svg: string): Promise<Uint8Array> {
    const there = this.kept.get(svg);
    if (there !== undefined) return there;
    const drawn = drawPng(svg);
    this.kept.set(svg, drawn);
    drawn.catch(() => this.kept.delete(svg));
    const [oldest] = this.kept.keys();
    if (this.kept.size > CARDS_KEPT_MAX && oldest !== undefined) this.kept.delete(oldest);
    return drawn;
  }
}
