import type { JSX } from "preact";

const POT = "M5 13h22l-1.6 11.2A4.4 4.4 0 0 1 21 28H11a4.4 4.4 0 0 1-4.4-3.8L5 13Z";
const HANDLES = "M5.4 16H3.6a1.8 1.8 0 0 1 0-3.6H5M26.600 16h1.800a1.800 1.800 0 0 0 0-3.600H27";

/** The mark of Commonpot: a pot with three coins above it, one for each door. */
export function Mark(): JSX.Element {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <MarkShapes colour="currentColor" />
    </svg>
  );
}

/** Its shapes, 32 by 32, for drawings that have it inside. */
export function MarkShapes({ colour }: { colour: string }): JSX.Element {
  return (
    <>
      <path d={POT} fill={colour} />
      <path d={HANDLES} fill="none" stroke={colour} stroke-width="2" stroke-linecap="round" />
      <circle cx="9" cy="8" r="2.4" fill={colour} />
      <circle cx="16" cy="5" r="2.4" fill={colour} />
      <circle cx="23" cy="8" r="2.4" fill={colour} />
    </>
  );
}

export const MARK_FILE = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" color="#a6402a"><path d="${POT}" fill="currentColor"/><path d="${HANDLES}" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"/><circle cx="9" cy="8" r="2.400" fill="currentColor"/><circle cx="16" cy="5" r="2.400" fill="currentColor"/><circle cx="23" cy="8" r="2.400" fill="currentColor"/></svg>`;
