import { spawn, type ChildProcess } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const MAIN = path.resolve("dist/main.js");
const dirs: string[] = [];
const running = new Set<ChildProcess>();

/** Stops every program that was started here and removes its folders. */
export async function stopAll(): Promise<void> {
  for (const child of running) child.kill("SIGTERM");
  await Promise.all([...running].map(ended));
  for (const dir of dirs) fs.rmSync(dir, { recursive: true, force: true });
}

export function newDir(): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "commonpot-start-"));
  dirs.push(dir);
  return dir;
}

export interface Started {
  readonly child: ChildProcess;
  readonly origin: string;
  readonly ms: number;
  said(): string;
}

/** One of the program's processes, or the whole, with an environment of its own. */
export function launch(words: readonly string[], env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [MAIN, ...words], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** Runs what `npm start` runs, until it says where it is. */
export function start(env: Record<string, string>): Promise<Started> {
  const began = Date.now();
  const child = launch([], { PORT: "0", ...env });
  let text = "";
  return new Promise((resolve, reject) => {
    const hear = (data: Buffer): void => {
      text += data.toString();
      const origin = /Commonpot is at (http:\S+)/.exec(text)?.[1];
      if (origin !== undefined) resolve({ child, origin, ms: Date.now() - began, said: () => text });
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", (code) => reject(Object.assign(new Error(text), { code })));
  });
}

export const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) =>
    child.exitCode !== null || child.signalCode !== null ? resolve() : child.once("exit", () => resolve()),
  );

export const stop = async (child: ChildProcess): Promise<void> => {
  child.kill("SIGTERM");
  await ended(child);
};

/** The processes below one, itself among them. */
export function familyOf(root: number): number[] {
  const parents = new Map(
    fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
      try {
        const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
        return [[Number(pid), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1])] as const];
      } catch {
        return [];
      }
    }),
  ); // prettier-ignore
  const isBelow = (pid: number): boolean => pid === root || (parents.has(pid) && pid > 1 && isBelow(parents.get(pid)!));
  return [...parents.keys()].filter(isBelow);
}
