import type { JSX } from "preact";
import QRCode from "qrcode";

/** Modules of clear space that every reader may count on (ISO/IEC 18004). */
export const QUIET_ZONE = 4;

export interface QrCode {
  /** Modules on one side, without the quiet zone. */
  readonly size: number;
  readonly isDark: (row: number, column: number) => boolean;
}

/** A QR code of a link, with a quarter of it that may be lost: posters hang in the rain. */
export function qrCode(text: string): QrCode {
  const { modules } = QRCode.create(text, { errorCorrectionLevel: "Q" });
  return { size: modules.size, isDark: (row, column) => modules.get(row, column) === 1 };
}

/** Dark modules as one path, a run of them in each row at a time, so that no hairlines show between them. */
export function qrPath({ size, isDark }: QrCode): string {
  let path = "";
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      if (!isDark(row, column)) continue;
      const from = column;
      while (column + 1 < size && isDark(row, column + 1)) column++;
      path += `M${from + QUIET_ZONE} ${row + QUIET_ZONE}h${column - from + 1}v1h-${column - from + 1}z`;
    }
  return path;
}

/** Dark on light in every colour scheme: many readers know no other. */
export function QrSvg({ text, label, file }: { text: string; label: string; file?: boolean }): JSX.Element {
  const code = qrCode(text);
  const side = code.size + 2 * QUIET_ZONE;
  return (
    <svg
      {...(file ? { xmlns: "http://www.w3.org/2000/svg", width: "600", height: "600" } : { class: "qr" })}
      viewBox={`0 0 ${side} ${side}`}
      role="img"
      aria-label={label}
      shape-rendering="crispEdges"
    >
      <rect width={side} height={side} fill="#fff" />
      <path d={qrPath(code)} fill="#000" />
    </svg>
  );
}
