import { sameHash } from "./merkle.js";
import { COSIGNATURE, ED25519, NoteError, parseVerifierKey, type VerifierKey } from "./note.js";

/** C2SP tlog-policy: which logs and which witnesses somebody relies on. It comes from elsewhere than from the log. */
export interface Policy {
  readonly logs: readonly { readonly key: VerifierKey; readonly vkey: string; readonly url: string | null }[];
  readonly witnesses: readonly {
    readonly name: string;
    readonly key: VerifierKey;
    readonly vkey: string;
    readonly url: string | null;
  }[];
  readonly groups: readonly {
    readonly name: string;
    readonly threshold: number;
    readonly members: readonly string[];
  }[];
  /** The witness or group that must have signed; null for "none". */
  readonly quorum: string | null;
}

/** Throws a NoteError that names the line. */
export function parsePolicy(text: string): Policy {
  const logs: Policy["logs"][number][] = [];
  const witnesses: Policy["witnesses"][number][] = [];
  const groups: Policy["groups"][number][] = [];
  let quorum: string | null | undefined;
  const names = new Set<string>();
  const taken = new Set<string>();
  const define = (name: string): void => {
    if (name === "none" || names.has(name)) throw new NoteError(`the name ${name} is taken`);
    names.add(name);
  };
  const read = (words: readonly string[]): void => {
    const [what, ...rest] = words;
    const [first = "", second = "", third] = rest;
    if (what === "log" && (rest.length === 1 || rest.length === 2))
      logs.push({ key: keyOf(first, ED25519), vkey: first, url: rest[1] ?? null });
    else if (what === "witness" && (rest.length === 2 || rest.length === 3)) {
      define(first);
      const key = keyOf(second, COSIGNATURE);
      // One key under two names would count twice.
      if (witnesses.some((w) => sameHash(w.key.publicKey, key.publicKey)))
        throw new NoteError("this key has another name already");
      witnesses.push({ name: first, key, vkey: second, url: third ?? null });
    } else if (what === "group" && rest.length >= 3) {
      define(first);
      const members = rest.slice(2);
      for (const member of members) {
        if (!names.has(member) || member === first) throw new NoteError(`${member} is not defined yet`);
        if (taken.has(member)) throw new NoteError(`${member} is a member twice`);
        taken.add(member);
      }
      groups.push({ name: first, threshold: thresholdOf(second, members.length), members });
    } else if (what === "quorum" && rest.length === 1 && quorum === undefined) {
      if (first !== "none" && !names.has(first)) throw new NoteError(`${first} is not defined`);
      quorum = first === "none" ? null : first;
    } else throw new NoteError("it is none of log, witness, group and quorum");
  };
  for (const [i, line] of text.split("\n").entries()) {
    const words = line
      .replace(/^\s*#.*$/, "")
      .trim()
      .split(/[ \t]+/);
    if (words[0] === "") continue;
    try {
      read(words);
    } catch (error) {
      throw new NoteError(`policy, line ${i + 1}: ${error instanceof Error ? error.message : "unreadable"}`);
    }
  }
  if (quorum === undefined) throw new NoteError("a policy has one quorum line");
  return { logs, witnesses, groups, quorum };
}

function keyOf(vkey: string, type: number): VerifierKey {
  const key = parseVerifierKey(vkey);
  if (key.type !== type) throw new NoteError("the key is of another kind than this line wants");
  return key;
}

function thresholdOf(text: string, members: number): number {
  const threshold = text === "all" ? members : text === "any" ? 1 : /^[1-9]\d{0,3}$/.test(text) ? Number(text) : 0;
  if (threshold < 1 || threshold > members) throw new NoteError(`${text} of ${members} is no threshold`);
  return threshold;
}

/** Do these witnesses, by their names in the policy, make the quorum? */
export function quorumSatisfied(policy: Policy, signed: ReadonlySet<string>): boolean {
  const has = (name: string): boolean => {
    const group = policy.groups.find((g) => g.name === name);
    if (group) return group.members.filter(has).length >= group.threshold;
    return signed.has(name);
  };
  return policy.quorum === null || has(policy.quorum);
}
