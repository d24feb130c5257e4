import type { FastifyRequest } from "fastify";
import { Refusal } from "../../kernel/refusal.js";

/**
 * For what a cookie authorises: the browser must say that the request came from our own pages (OWASP, Fetch Metadata with Origin as the
 * fallback). Both absent is a no.
 */
export function requireSameOrigin(request: FastifyRequest, origin: string): void {
  const site = request.headers["sec-fetch-site"];
  const allowed = site !== undefined ? site === "same-origin" : request.headers.origin === origin;
  if (!allowed) throw new Refusal("elsewhere");
}
