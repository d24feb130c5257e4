import type net from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

export interface Mailed {
  readonly from: string;
  readonly to: string[];
  readonly raw: string;
}

/** A real SMTP server on loopback. */
export async function startSmtp(
  options: SMTPServerOptions = {},
): Promise<{ port: number; got: Mailed[]; close: () => Promise<void> }> {
  const got: Mailed[] = [];
  const server = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        const raw = Buffer.concat(chunks).toString("utf8");
        got.push({ from: mailFrom ? mailFrom.address : "", to: rcptTo.map((r) => r.address), raw });
        done();
      });
    },
    ...options,
  });
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.server.address() as net.AddressInfo;
  return { port, got, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** A letter's text, whatever way it was carried. */
export function textOf({ raw }: Mailed): string {
  const [head = "", ...body] = raw.split("\r\n\r\n");
  const text = body.join("\r\n\r\n");
  if (/transfer-encoding: base64/i.test(head)) return Buffer.from(text, "base64").toString("utf8");
  if (!/transfer-encoding: quoted-printable/i.test(head)) return text;
  const bytes = text.replace(/=\r\n/g, "").replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
} // prettier-ignore
