import type { JSX } from "preact";
import { renderToString } from "preact-render-to-string";
import { filledPerMille, type Meter } from "../../funds/meter.js";
import { meterSentence } from "../../funds/meter-view.js";
import { MarkShapes } from "../../pages/mark.js";
import type { Voice } from "../../pages/words.js";
import { drawable, fitText, xmlText, type Fitted } from "./card-text.js";

/** What every chat expects of a picture for a link (ogp.me, and X's "summary_large_image"). */
export const CARD_WIDTH = 1200;
export const CARD_HEIGHT = 630;

const MIDDLE = CARD_WIDTH / 2;
const TEXT_WIDTH = 1060;
const BAND = { top: 546, height: CARD_HEIGHT - 546 };
/** Between the mark and the band, with a little air at both ends. */
const TOP = 148;
const ROOM = BAND.top - TOP - 22;
const NAME_SIZES = [92, 78, 66, 56, 46];
const FONT = "DejaVu Sans, sans-serif";

export interface Card {
  readonly voice: Voice;
  readonly slug: string;
  readonly name: string;
  readonly practice: boolean;
  /** The fund's address, as people read it. */
  readonly address: string;
  readonly meter: Meter | null;
}

/** The picture of a fund for chats, as an SVG that needs nothing from elsewhere. All text is centred, so that it reads in either direction. */
export function shareCard(card: Card): string {
  const { voice, meter } = card;
  const told = meter === null ? null : fitText(meterSentence(voice, meter), TEXT_WIDTH, [32, 28, 24], 1);
  const foot = fitText(card.address, CARD_WIDTH - 480, [32, 26, 21, 17], 1);
  const bar = meter?.kind === "goal" ? filledPerMille(meter.given, meter.goal) : null;
  const below = [told === null ? 0 : 34 + told.size, bar === null ? 0 : 40] as const;
  const [name, lead] = nameAndLead(drawable(card.name, card.slug), voice.say("give.poster.lead"), ROOM - below[0] - below[1]); // prettier-ignore
  const heights = [nameHeight(name), leadHeight(lead), ...below];
  // All of it is one block in the middle of the room that there is.
  let y = TOP + (ROOM - heights.reduce((sum, h) => sum + h)) / 2;
  const at = (height: number): number => (y += height) - height;
  return renderToString(
    <svg
      xmlns="http://www.w3.org/2000/svg"
      width={CARD_WIDTH}
      height={CARD_HEIGHT}
      viewBox={`0 0 ${CARD_WIDTH} ${CARD_HEIGHT}`}
      font-family={FONT}
    >
      <title>{xmlText(card.name)}</title>
      <rect width={CARD_WIDTH} height={CARD_HEIGHT} fill="#faf6ef" />
      <g transform={`translate(${MIDDLE - 48} 42) scale(3)`}>
        <MarkShapes colour="#a6402a" />
      </g>
      <Lines y={at(heights[0] ?? 0)} text={name} leading={1.16} weight={700} fill="#221d17" />
      <Lines y={at(heights[1] ?? 0) + 22} text={lead} leading={1.35} weight={400} fill="#665c50" />
      {told !== null && <Lines y={at(heights[2] ?? 0) + 34} text={told} leading={1} weight={700} fill="#17604f" />}
      {bar !== null && <Bar y={y + 18} perMille={bar} />}
      <rect y={BAND.top} width={CARD_WIDTH} height={BAND.height} fill="#a6402a" />
      <text x="60" y={BAND.top + 53} font-size={foot.size} font-weight="700" fill="#fff8f3">
        {foot.lines[0]}
      </text>
      <text x={CARD_WIDTH - 60} y={BAND.top + 53} text-anchor="end" font-size="28" fill="#fff8f3">
        {voice.say("give.card.foot")}
      </text>
      {card.practice && <Practice text={voice.say("give.poster.practice")} />}
    </svg>,
  );
}

const nameHeight = (name: Fitted): number => name.lines.length * name.size * 1.16;
const leadHeight = (lead: Fitted): number => 22 + lead.lines.length * lead.size * 1.35;

/** The name as large as it can be; the sentences below it each on a line of their own, or on one line where the name needs the room. */
function nameAndLead(name: string, lead: string, room: number): [Fitted, Fitted] {
  const leads: Fitted[] = [
    { size: 36, lines: lead.split(/(?<=\.) /u) },
    { size: 30, lines: [lead] },
  ];
  for (const size of NAME_SIZES) {
    const fitted = fitText(name, TEXT_WIDTH, [size, ...NAME_SIZES.slice(-1)], 3);
    if (fitted.size !== size) continue;
    const below = leads.find((l) => nameHeight(fitted) + leadHeight(l) <= room);
    if (below !== undefined) return [fitted, below];
  }
  return [fitText(name, TEXT_WIDTH, NAME_SIZES.slice(-1), 3), { size: 30, lines: [lead] }];
}

function Lines({
  y,
  text,
  leading,
  weight,
  fill,
}: {
  y: number;
  text: Fitted;
  leading: number;
  weight: number;
  fill: string;
}): JSX.Element {
  return (
    <>
      {text.lines.map((line, i) => (
        <text
          x={MIDDLE}
          y={y + text.size * (0.9 + i * leading)}
          text-anchor="middle"
          font-size={text.size}
          font-weight={weight}
          fill={fill}
        >
          {line}
        </text>
      ))}
    </>
  );
}

function Bar({ y, perMille }: { y: number; perMille: number }): JSX.Element {
  const [left, width] = [200, CARD_WIDTH - 400];
  return (
    <>
      <rect x={left} y={y} width={width} height="20" rx="10" fill="#ddd2c1" />
      {perMille > 0 && (
        <rect x={left} y={y} width={20 + ((width - 20) * perMille) / 1000} height="20" rx="10" fill="#17604f" />
      )}
    </>
  );
}

/** A practice fund must never pass for a real one, wherever its picture ends up. */
function Practice({ text }: { text: string }): JSX.Element {
  return (
    <>
      <rect width={CARD_WIDTH} height="36" fill="#fff1d6" />
      <text x={MIDDLE} y="26" text-anchor="middle" font-size="22" font-weight="700" fill="#5e3d00">
        {text}
      </text>
    </>
  );
}
