import fs from "node:fs/promises";
import path from "node:path";
import { Injectable } from "@nestjs/common";
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { projectRoot } from "../../platform/config/root.js";

/** Pictures that are kept: about 40 kB each. */
export const CARDS_KEPT_MAX = 64;

const PACKAGES = path.join(projectRoot, "node_modules");
const FONTS = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((file) =>
  path.join(PACKAGES, "dejavu-fonts-ttf/ttf", file),
);

/** The renderer is a WebAssembly module that a process can start once. */
let started: Promise<Uint8Array[]> | null = null;

async function start(): Promise<Uint8Array[]> {
  const [wasm, ...fonts] = await Promise.all(
    [path.join(PACKAGES, "@resvg/resvg-wasm/index_bg.wasm"), ...FONTS].map((file) => fs.readFile(file)),
  );
  await initWasm(new Uint8Array(wasm ?? []));
  return fonts;
}

/**
 * Share cards as PNG. Drawing one takes about a tenth of a second of this process: never two at once, each content once, and the last ones are kept.
 * The content is the key, so that a new charter or a new figure is a new picture, and nobody can ask for more of them than there are.
 */
@Injectable()
export class ShareCards {
  private readonly kept = new Map<string, Promise<Uint8Array>>();
  private queue: Promise<unknown> = Promise.resolve();

  png(svg: string): Promise<Uint8Array> {
    const there = this.kept.get(svg);
    if (there !== undefined) return there;
    const drawn = this.queue.then(() => draw(svg));
    this.queue = drawn.catch(() => undefined);
    this.kept.set(svg, drawn);
    drawn.catch(() => this.kept.delete(svg));
    const [oldest] = this.kept.keys();
    if (this.kept.size > CARDS_KEPT_MAX && oldest !== undefined) this.kept.delete(oldest);
    return drawn;
  }
}

async function draw(svg: string): Promise<Uint8Array> {
  started ??= start();
  const fontBuffers = await started;
  // Others are served between two pictures.
  await new Promise((resolve) => setImmediate(resolve));
  const renderer = new Resvg(svg, {
    font: { fontBuffers, defaultFontFamily: "DejaVu Sans", sansSerifFamily: "DejaVu Sans" },
  });
  const image = renderer.render();
  try {
    return image.asPng();
  } finally {
    image.free();
    renderer.free();
  }
}
