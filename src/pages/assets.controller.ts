import fs from "node:fs";
import path from "node:path";
import { Controller, Get, Param, Res } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply } from "fastify";
import { Refusal } from "../kernel/refusal.js";
import { projectRoot } from "../platform/config/root.js";
import { MARK_FILE } from "./mark.js";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  // The verifier to keep: as a file, because on this server its own policy would not let it run.
  ".html": "application/octet-stream",
  ".svg": "image/svg+xml",
};

/** Our few files that are no fund's: the stylesheet, the mark, the desk's script. Read once, served from memory. */
@ApiExcludeController()
@Controller("-")
export class AssetsController {
  private readonly files = new Map<string, Buffer>([["mark.svg", Buffer.from(MARK_FILE)]]);

  constructor() {
    const folder = path.join(projectRoot, "dist/assets");
    if (!fs.existsSync(folder)) return;
    for (const name of fs.readdirSync(folder)) this.files.set(name, fs.readFileSync(path.join(folder, name)));
  }

  @Get(":file")
  file(@Param("file") name: string, @Res() reply: FastifyReply): void {
    const bytes = this.files.get(name);
    if (!bytes) throw new Refusal("no-such-page");
    void reply
      .type(TYPES[path.extname(name)] ?? "application/octet-stream")
      .header("cache-control", "public, max-age=300")
      .send(bytes);
  }
}
