import fs from "node:fs";
import net from "node:net";
import path from "node:path";

/**
 * Holds a folder for one process: two witnesses on one memory could each cosign a history of their own. A socket goes with its process, so that a crash leaves
 * nothing to clean up by hand. Throws when another process has the folder.
 */
export async function holdFolder(folder: string): Promise<net.Server> {
  const socket = path.join(folder, "in-use.sock");
  for (let attempt = 1; ; attempt++) {
    const server = net.createServer();
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(socket, resolve);
      });
      return server.unref();
    } catch (error) {
      if ((error as { code?: unknown }).code !== "EADDRINUSE" || attempt > 1) throw error;
      if (await answers(socket)) throw new Error(`another witness is running on ${folder}`, { cause: error });
      fs.rmSync(socket);
    }
  }
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.connect(socket);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}
