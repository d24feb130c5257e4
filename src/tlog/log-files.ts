import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { isTileOf } from "./log.js";
import type { LogReads } from "./log-reads.service.js";
import { parseTilePath } from "./tile.js";

const CACHE_BYTES_MAX = 64 * 1024 * 1024;
/** A checkpoint is looked up this often; a proxy may keep it as long. */
const CHECKPOINT_MS = 1000;

interface File {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string | number>>;
}

const OPEN = {
  "access-control-allow-origin": "*",
  "cross-origin-resource-policy": "cross-origin",
  "x-content-type-options": "nosniff",
} as const;
const LOG_PATH = /^\/([a-z][a-z0-9-]{2,39})\/log\/(checkpoint|tile\/[x0-9a-z/.]{1,120})$/;

/**
 * The log's static files (C2SP tlog-tiles), straight from node's server: no cookie, no session, no framework. A tile never changes, so that it is asked of the
 * database once and then comes from memory. Where a partial tile was asked for and is not served, clients ask for the full one.
 */
export class LogFiles {
  /** Oldest first: partial tiles, which are read for a short while only, go out by themselves. */
  private readonly cache = new Map<string, File>();
  private bytes = 0;
  private readonly reading = new Map<string, Promise<File | null>>();
  private readonly checkpoints = new Map<string, { readonly until: number; readonly file: Promise<File | null> }>();

  constructor(
    private readonly reads: LogReads,
    private readonly fundIdOf: (slug: string) => Promise<string | null>,
    private readonly monotonicMs: () => number,
  ) {}

  /** Puts itself before the application on its server. */
  attach(server: Server): void {
    const application = server.listeners("request") as ((request: IncomingMessage, response: ServerResponse) => void)[];
    server.removeAllListeners("request");
    server.on("request", (request, response) => {
      if (!this.answer(request, response)) for (const listener of application) listener(request, response);
    });
  }

  /** False for what is none of the log's. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    // A query changes nothing about a file: it must not make the cache keep it twice.
    const [url = ""] = (request.url ?? "").split("?", 1);
    const key =
      url.includes("/entries/") && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "") ? `${url} gzip` : url;
    const kept = this.cache.get(key);
    if (kept !== undefined && (request.method === "GET" || request.method === "HEAD")) {
      send(request, response, kept);
      return true;
    }
    if (!url.includes("/log/")) return false;
    const [, slug = "", path = ""] = LOG_PATH.exec(url) ?? [];
    if (slug === "") return false;
    void this.find(key, slug, path)
      .then((file) => (file === null ? refuse(response, 404) : send(request, response, file)))
      .catch(() => refuse(response, 503));
    return true;
  }

  private async find(key: string, slug: string, path: string): Promise<File | null> {
    if (path === "checkpoint") return this.checkpoint(slug);
    const reading = this.reading.get(key) ?? this.tile(key, slug, path);
    this.reading.set(key, reading);
    try {
      return await reading;
    } finally {
      this.reading.delete(key);
    }
  }

  private checkpoint(slug: string): Promise<File | null> {
    const now = this.monotonicMs();
    const kept = this.checkpoints.get(slug);
    if (kept !== undefined && kept.until > now) return kept.file;
    const file = this.readCheckpoint(slug);
    file.catch(() => this.checkpoints.delete(slug));
    this.checkpoints.set(slug, { until: now + CHECKPOINT_MS, file });
    return file;
  }

  private async readCheckpoint(slug: string): Promise<File | null> {
    const fundId = await this.fundIdOf(slug);
    const log = fundId === null ? null : await this.reads.published(fundId);
    if (log === null) return null;
    return fileOf(Buffer.from(log.note), {
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "public, max-age=1",
    });
  }

  private async tile(key: string, slug: string, path: string): Promise<File | null> {
    const tile = parseTilePath(path);
    const fundId = tile === null ? null : await this.fundIdOf(slug);
    if (tile === null || fundId === null) return null;
    const log = await this.reads.published(fundId);
    if (log === null || !isTileOf(tile, log.size)) return null;
    const bytes = await this.reads.tile(fundId, tile);
    if (bytes === null) return null;
    const zipped = key.endsWith(" gzip");
    const file = fileOf(zipped ? gzipSync(bytes) : Buffer.from(bytes), {
      "content-type": "application/octet-stream",
      "cache-control": "public, max-age=604800, immutable",
      ...(tile.level === "entries" ? { vary: "accept-encoding" } : {}),
      ...(zipped ? { "content-encoding": "gzip" } : {}),
    });
    this.keep(key, file);
    return file;
  }

  private keep(key: string, file: File): void {
    this.cache.set(key, file);
    this.bytes += file.bytes.length;
    for (const [oldest, { bytes }] of this.cache) {
      if (this.bytes <= CACHE_BYTES_MAX) break;
      this.cache.delete(oldest);
      this.bytes -= bytes.length;
    }
  }
}

function fileOf(bytes: Buffer, headers: Record<string, string>): File {
  return { bytes, headers: { ...OPEN, ...headers, "content-length": bytes.length } };
}

function send(request: IncomingMessage, response: ServerResponse, file: File): void {
  if (request.method !== "GET" && request.method !== "HEAD") {
    refuse(response, 405);
    return;
  }
  response.writeHead(200, file.headers);
  response.end(request.method === "HEAD" ? undefined : file.bytes);
}

function refuse(response: ServerResponse, status: 404 | 405 | 503): void {
  response.writeHead(status, { ...OPEN, "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
  response.end(status === 404 ? "not in this log\n" : status === 405 ? "read only\n" : "try again\n");
}
