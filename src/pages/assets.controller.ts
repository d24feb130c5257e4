import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import { Controller, Get, Param, Req, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Refusal } from "../kernel/refusal.js";
import { projectRoot } from "../platform/config/root.js";
import { MARK_FILE } from "./mark.js";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  // The verifier to keep: as a file, because on this server its own policy would not let it run.
  ".html": "application/octet-stream",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

/** On a device that others look through, a copy of this one would tell that somebody typed seven words here. */
const KEPT_NOWHERE = ["words.txt"];

/** Our few files that are no fund's: the stylesheet, the mark, the desk's script. Read once, served from memory. */
@ApiExcludeController()
@Controller("-")
export class AssetsController {
  private readonly files = new Map<string, Buffer>([["mark.svg", Buffer.from(MARK_FILE)]]);
  private readonly zipped = new Map<string, Buffer>();

  constructor() {
    const folder = path.join(projectRoot, "dist/assets");
    if (!fs.existsSync(folder)) return;
    for (const name of fs.readdirSync(folder)) this.files.set(name, fs.readFileSync(path.join(folder, name)));
  }

  /** Packed once, for who takes it. Nothing secret is in these files, so that their packed size tells nothing. */
  @Get(":file")
  file(@Param("file") name: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const bytes = this.files.get(name);
    if (!bytes) throw new Refusal("no-such-page");
    const zip = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
    if (zip) void reply.header("content-encoding", "gzip");
    void reply
      .type(TYPES[path.extname(name)] ?? "application/octet-stream")
      .header("cache-control", KEPT_NOWHERE.includes(name) ? "no-store" : "public, max-age=300")
      .header("vary", "accept-encoding")
      .send(zip ? this.zippedOf(name, bytes) : bytes);
  }

  private zippedOf(name: string, bytes: Buffer): Buffer {
    const zipped = this.zipped.get(name) ?? zlib.gzipSync(bytes, { level: 9 });
    this.zipped.set(name, zipped);
    return zipped;
  }
}
