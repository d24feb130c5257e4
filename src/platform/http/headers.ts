import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import helmet from "@fastify/helmet";

/** Our own content security policy; helmet's defaults allow more than any page of ours needs. */
export function contentSecurityPolicy(formAction: readonly string[] = []): string {
  return [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'", "connect-src 'self'",
    `form-action ${["'self'", ...formAction].join(" ")}`, "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'", "require-trusted-types-for 'script'",
  ].join("; "); // prettier-ignore
}

/** The API's description is a page of a library that styles itself in place. It has no session and no form. */
const API_DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; frame-ancestors 'none'; base-uri 'none'";

const PERMISSIONS =
  "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=(), payment=()";

export async function securityHeaders(
  server: FastifyInstance,
  { tls, onion }: { readonly tls: boolean; readonly onion: string | null },
): Promise<void> {
  await server.register(helmet, {
    contentSecurityPolicy: false,
    crossOriginOpenerPolicy: { policy: "same-origin" },
    crossOriginResourcePolicy: { policy: "same-origin" },
    referrerPolicy: { policy: "no-referrer" },
    strictTransportSecurity: tls ? { maxAge: 63_072_000, includeSubDomains: true } : false,
    xXssProtection: false,
  });
  server.addHook("onSend", (request: FastifyRequest, reply: FastifyReply, payload: unknown, done) => {
    void reply.header("permissions-policy", PERMISSIONS);
    if (onion !== null && isPageElsewhere(request, reply, onion))
      void reply.header("onion-location", onion + (request.url.split("?")[0] ?? ""));
    if (!reply.hasHeader("cache-control")) void reply.header("cache-control", "no-store");
    if (!reply.hasHeader("content-security-policy")) {
      const html = isHtml(reply);
      void reply.header(
        "content-security-policy",
        request.url.startsWith("/api/docs")
          ? API_DOCS_POLICY
          : html
            ? contentSecurityPolicy()
            : "default-src 'none'; frame-ancestors 'none'",
      );
    }
    done(null, payload);
  });
}

const isHtml = (reply: FastifyReply): boolean => String(reply.getHeader("content-type") ?? "").startsWith("text/html");

/** Tor Browser offers the onion address of a page that it reads elsewhere. What stands behind a question mark stays here: an address on the way may be read by others. */
function isPageElsewhere(request: FastifyRequest, reply: FastifyReply, onion: string): boolean {
  return request.method === "GET" && isHtml(reply) && request.headers.host !== new URL(onion).host;
}
