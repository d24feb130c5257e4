import fs from "node:fs/promises";
import path from "node:path";
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { projectRoot } from "../platform/config/root.js";

const PACKAGES = path.join(projectRoot, "node_modules");
const FONTS = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((file) =>
  path.join(PACKAGES, "dejavu-fonts-ttf/ttf", file),
);

/** The renderer is a WebAssembly module that a process can start once. */
let started: Promise<Uint8Array[]> | null = null;
/** Drawing takes about a tenth of a second of this process: never two at once. */
let queue: Promise<unknown> = Promise.resolve();

/** An SVG that needs nothing from elsewhere, as PNG. Nothing is kept. */
export function drawPng(svg: string): Promise<Uint8Array> {
  const drawn = queue.then(() => draw(svg));
  queue = drawn.catch(() => undefined);
  return drawn;
}

async function start(): Promise<Uint8Array[]> {
  const [wasm, ...fonts] = await Promise.all(
    [path.join(PACKAGES, "@resvg/resvg-wasm/index_bg.wasm"), ...FONTS].map((file) => fs.readFile(file)),
  );
  await initWasm(new Uint8Array(wasm ?? []));
  return fonts;
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
