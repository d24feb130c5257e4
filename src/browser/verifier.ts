import { note, sayFinding, type Finding } from "../verify/finding.js";
import { seenIn, withVerified, type Remembered } from "../verify/memory.js";
import { verify, type Fetch, type Verified } from "../verify/verify.js";

export type Language = "en" | "es";

export const WORDS = {
  reading: { en: "Reading {done} of {of} entries …", es: "Leyendo {done} de {of} asientos …" },
  good: {
    en: "Nothing was changed or removed, as far as these checks reach. They cannot prove that money reached a person.",
    es: "Nada se cambió ni se quitó, hasta donde llegan estas comprobaciones. No pueden probar que el dinero llegó a una persona.",
  },
  bad: { en: "Do not rely on these books as they are.", es: "No te fíes de estos libros tal como están." },
  checked: {
    en: "{entries} entries, each against the signature; every sum; every quorum. {seen}",
    es: "{entries} asientos, cada uno contra la firma; cada suma; cada quórum. {seen}",
  },
  before: {
    en: "Compared with the {n} entries that this browser saw before.",
    es: "Comparados con los {n} asientos que este navegador vio antes.",
  },
  now: {
    en: "This browser will remember them and notice if they are rewritten.",
    es: "Este navegador los recordará y notará si se reescriben.",
  },
  kept: { en: "Alarm", es: "Alarma" },
  note: { en: "Note", es: "Nota" },
} as const;

export const words = (
  key: keyof typeof WORDS,
  language: Language,
  values: Record<string, string | number> = {},
): string =>
  Object.entries(values).reduce<string>(
    (text, [name, value]) => text.replace(`{${name}}`, String(value)),
    WORDS[key][language],
  );

const keyOf = (origin: string): string => `commonpot/seen/${origin}`;

function recall(origin: string): Remembered | null {
  try {
    return JSON.parse(localStorage.getItem(keyOf(origin)) ?? "null") as Remembered | null;
  } catch {
    return null;
  }
}

function remember(verified: Verified, before: Remembered | null): void {
  try {
    localStorage.setItem(keyOf(verified.origin), JSON.stringify(withVerified(before, verified)));
  } catch {
    // A browser that keeps nothing verifies all the same, without memory.
  }
}

export interface Told {
  readonly good: boolean;
  readonly findings: readonly Finding[];
  readonly verified: Verified | null;
  /** The largest log that this browser had seen before. */
  readonly before: number | null;
}

/** Reads and checks a log in this browser, with what it remembers; remembers it when all is well. */
export async function verifyHere(
  prefix: string,
  stated: { origin: string; vkey: string },
  progress: (done: number, of: number) => void,
): Promise<Told> {
  const before = recall(stated.origin);
  const fetchFile: Fetch = async (path) => {
    const answer = await fetch(`${prefix}/${path}`, {
      credentials: "omit",
      cache: path === "checkpoint" ? "no-store" : "default",
    });
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  };
  const seen = seenIn(before);
  const { findings, verified } = await verify(fetchFile, { vkeys: before?.vkeys ?? [stated.vkey], seen }, progress);
  const all = before === null ? [note("first-time"), ...findings] : findings;
  const good = verified !== null && all.every((f) => f.level !== "alarm");
  if (good) remember(verified, before);
  return { good, findings: all, verified, before: seen.length === 0 ? null : Math.max(...seen.map((s) => s.size)) };
}

/** Puts the result on the page: alarms first, then what was checked, then the notes. */
export function show(into: HTMLElement, told: Told, language: Language): void {
  const line = (kind: string, text: string): HTMLElement => {
    const element = document.createElement("p");
    element.className = kind;
    element.textContent = text;
    return element;
  };
  const alarms = told.findings.filter((f) => f.level === "alarm");
  const notes = told.findings.filter((f) => f.level === "note");
  const seen = told.before === null ? words("now", language) : words("before", language, { n: told.before });
  const list = document.createElement("ul");
  for (const finding of [...alarms, ...notes].slice(0, 50)) {
    const item = document.createElement("li");
    item.textContent = `${words(finding.level === "alarm" ? "kept" : "note", language)}: ${sayFinding(finding, language)}`;
    list.append(item);
  }
  into.replaceChildren(
    line(told.good ? "good" : "wrong", words(told.good ? "good" : "bad", language)),
    ...(told.verified === null ? [] : [line("", words("checked", language, { entries: told.verified.entries, seen }))]),
    list,
  );
}
