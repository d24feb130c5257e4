import { scaleBand, scaleLinear } from "d3-scale";
import type { JSX } from "preact";
import type { Voice } from "../pages/words.js";
import type { Week } from "./figures.service.js";

const WIDTH = 480;
const HEIGHT = 230;
const MARGIN = { top: 10, right: 8, bottom: 26, left: 58 };

/** Two bars a week, drawn on the server: readable without script, and its figures stand in a table below it. */
export function WeekChart({ voice, weeks }: { voice: Voice; weeks: readonly Week[] }): JSX.Element {
  const top = weeks.reduce((max, w) => (w.in > max ? w.in : w.out > max ? w.out : max), 1n);
  const x = scaleBand().domain(weeks.map((w) => w.monday)).range([MARGIN.left, WIDTH - MARGIN.right]).padding(0.25); // prettier-ignore
  const y = scaleLinear().domain([0, Number(top)]).nice(4).range([HEIGHT - MARGIN.bottom, MARGIN.top]); // prettier-ignore
  const half = x.bandwidth() / 2;
  const every = Math.ceil(weeks.length / 6);
  const bar = (week: Week, amount: bigint, side: "in" | "out", offset: number): JSX.Element => (
    <rect
      class={side}
      x={(x(week.monday) ?? 0) + offset}
      y={y(Number(amount))}
      width={Math.max(half - 1, 1)}
      height={Math.max(y(0) - y(Number(amount)), 0)}
      rx="2"
    />
  );
  return (
    <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={voice.say("books.chart.alt")}>
      {y.ticks(4).map((tick) => (
        <g>
          <line x1={MARGIN.left} x2={WIDTH - MARGIN.right} y1={y(tick)} y2={y(tick)} />
          <text x={MARGIN.left - 8} y={y(tick) + 4} text-anchor="end">
            {voice.money(BigInt(Math.round(tick))).replace(/[.,]00(?!\d)/, "")}
          </text>
        </g>
      ))}
      {weeks.map((week, i) => (
        <g>
          {bar(week, week.in, "in", 0)}
          {bar(week, week.out, "out", half)}
          {i % every === 0 && (
            <text x={(x(week.monday) ?? 0) + half} y={HEIGHT - 6} text-anchor="middle">
              {week.monday.slice(5)}
            </text>
          )}
        </g>
      ))}
    </svg>
  );
}
