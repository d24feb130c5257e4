import fs from "node:fs";

export default async function globalTeardown() {
  const { postgres, dir } = globalThis.started;
  await postgres.stop();
  fs.rmSync(dir, { recursive: true, force: true });
}
