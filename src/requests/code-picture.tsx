import { renderToString } from "preact-render-to-string";

const WIDTH = 900;
const TOP = 130;
const LEADING = 112;
const ADDRESS_SIZES = [30, 25, 21, 17];
/** DejaVu Sans is about six tenths as wide as it is high. */
const LETTER_WIDTH = 0.62;

/**
 * Seven words as a picture to keep: numbered lines, and nothing that says what they are for, whose they are or who drew them. `address` stands at the foot only where the person ticked
 * it; it is plain ASCII, unlike a fund's name, which may need letters that no font of ours has.
 */
export function codePicture(words: readonly string[], address: string | null): string {
  const height = TOP + LEADING * (words.length - 1) + (address === null ? 80 : 150);
  const size =
    ADDRESS_SIZES.find((s) => (address?.length ?? 0) * s * LETTER_WIDTH <= WIDTH - 100) ?? ADDRESS_SIZES.at(-1);
  return renderToString(
    <svg
      xmlns="http://www.w3.org/2000/svg"
      width={WIDTH}
      height={height}
      viewBox={`0 0 ${WIDTH} ${height}`}
      font-family="DejaVu Sans, sans-serif"
    >
      <rect width={WIDTH} height={height} fill="#ffffff" />
      <rect
        x={20}
        y={20}
        width={WIDTH - 40}
        height={height - 40}
        rx={28}
        fill="none"
        stroke="#b5b5b5"
        stroke-width={3}
      />
      {words.map((word, i) => (
        <g>
          <text x={150} y={TOP + LEADING * i} text-anchor="end" font-size={38} fill="#6a6a6a">
            {i + 1}
          </text>
          <text x={200} y={TOP + LEADING * i} font-size={66} font-weight={700} fill="#1a1a1a">
            {word}
          </text>
        </g>
      ))}
      {address !== null && (
        <text x={WIDTH / 2} y={height - 62} text-anchor="middle" font-size={size} fill="#4a4a4a">
          {address}
        </text>
      )}
    </svg>,
  );
}
