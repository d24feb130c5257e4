import fs from "node:fs";
import path from "node:path";
import { base64 } from "@scure/base";
import { SystemClock } from "../kernel/clock.js";
import { randomBytes } from "../kernel/ids.js";
import {
  COSIGNATURE,
  formatVerifierKey,
  fromBase64,
  NoteError,
  parseVerifierKey,
  signingKey,
  type SigningKey,
  type VerifierKey,
} from "../tlog/note.js";
import { parsePolicy } from "../tlog/policy.js";
import { writeDurably } from "../tlog/signer.js";
import { witnessServer } from "../tlog/witness-server.js";
import { holdFolder } from "../tlog/only-process.js";
import { WitnessStore } from "../tlog/witness-store.js";
import { CliError, given, type Verb } from "./command.js";

export const witnessVerb: Verb = {
  help: [
    "witness --name <its own name> --dir <folder> --policy <file with the logs> [--listen 127.0.0.1:8080]   cosigns other funds' logs, so that none can show two histories",
  ],
  async run(words) {
    const { values } = given(words, ["name", "dir", "policy", "listen"]);
    const { name, dir, policy, listen = "127.0.0.1:8080" } = values;
    if (name === undefined || dir === undefined || policy === undefined)
      throw new CliError("witness needs --name, --dir and --policy");
    const [, host = "", port = ""] = /^(.+):(\d{1,5})$/.exec(listen) ?? [];
    if (host === "") throw new CliError("--listen is like 127.0.0.1:8080");
    const keys = logKeysIn(policy);
    const store = await memoryIn(dir);
    const key = keyIn(path.join(dir, "witness.key"), name);
    const clock = new SystemClock();
    const server = witnessServer(
      store,
      (origin) => keys.filter((k) => k.name === origin),
      key,
      () => Math.floor(clock.now().getTime() / 1000),
    );
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(Number(port), host, resolve);
    });
    const { port: bound } = server.address() as { port: number };
    process.stdout.write(
      `The witness is at http://${host}:${bound}\nFor the policy of whoever asks it:\nwitness ${name} ${formatVerifierKey(key)} <its public address>\n`,
    );
    return new Promise((resolve) => {
      for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => server.close(() => resolve(0)));
    });
  },
};

/** The witness's memory, for this process alone. */
async function memoryIn(dir: string): Promise<WitnessStore> {
  try {
    const store = new WitnessStore(dir);
    await holdFolder(dir);
    return store;
  } catch (error) {
    throw new CliError(error instanceof Error ? error.message : "the folder cannot be used");
  }
}

function logKeysIn(file: string): VerifierKey[] {
  if (!fs.existsSync(file)) throw new CliError(`there is no file ${file}`);
  try {
    const { logs } = parsePolicy(fs.readFileSync(file, "utf8"));
    if (logs.length === 0) throw new CliError("the policy names no log");
    return logs.map((log) => parseVerifierKey(log.vkey));
  } catch (error) {
    throw error instanceof NoteError ? new CliError(error.message) : error;
  }
}

/** The witness's own key, made on its first start. */
function keyIn(file: string, name: string): SigningKey {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  if (!fs.existsSync(file)) writeDurably(file, `${base64.encode(randomBytes(32))}\n`);
  const seed = fromBase64(fs.readFileSync(file, "utf8").trim());
  if (seed?.length !== 32) throw new CliError(`${file} does not hold a key`);
  return signingKey(name, seed, COSIGNATURE);
}
