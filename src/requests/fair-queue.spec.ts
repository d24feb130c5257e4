import { FairQueue } from "./fair-queue.js";

/** A queue whose turns end when the test says so; `began` is the order in which they began. */
function hand(size = { width: 1, waitingMax: 100, waitingPerClientMax: 100 }) {
  let now = new Date("2026-11-26T12:00:00Z");
  const queue = new FairQueue(size, () => now);
  const began: string[] = [];
  const refused: string[] = [];
  const ends: (() => void)[] = [];
  const ask = (client: string, name = client): void => {
    queue
      .run(client, () => {
        began.push(name);
        return new Promise<void>((resolve) => ends.push(resolve));
      })
      .catch((error: unknown) => refused.push(`${name} ${(error as { code: string }).code}`));
  };
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const end = async (turns = 1): Promise<void> => {
    for (let i = 0; i < turns; i++) {
      await settle();
      ends.shift()?.();
    }
    await settle();
  };
  return {
    ask,
    end,
    settle,
    began,
    refused,
    later: (seconds: number) => (now = new Date(now.getTime() + seconds * 1000)),
  };
}

test("one after the other, in the order of asking, for one client", async () => {
  const { ask, end, began } = hand();
  for (const name of ["1", "2", "3"]) ask("a", name);
  await end(3);
  expect(began).toEqual(["1", "2", "3"]);
});

test("a newcomer goes before everything that a client with many tries still wants", async () => {
  const { ask, end, began } = hand();
  for (let i = 0; i < 60; i++) ask("flood", `flood ${i}`);
  await end(5);
  ask("somebody");
  await end();
  expect(began.slice(5)).toEqual(["flood 5", "somebody"]);
});

test("twenty clients with 500 tries each make a newcomer wait for what runs, and for nothing else", async () => {
  const { ask, end, began } = hand({ width: 2, waitingMax: 200, waitingPerClientMax: 50 });
  for (let round = 0; round < 500; round++) {
    for (let client = 0; client < 20; client++) ask(`flood ${client}`);
    await end(2);
  }
  const before = began.length;
  ask("somebody");
  await end();
  expect(began.slice(before)).toEqual(["somebody"]);
});

test("where all seats are taken, whoever has and wants most makes room; one client never takes more than its share", async () => {
  const { ask, end, settle, began, refused } = hand({ width: 1, waitingMax: 4, waitingPerClientMax: 3 });
  for (let i = 0; i < 5; i++) ask("flood", `flood ${i}`);
  await settle();
  expect(refused).toEqual(["flood 4 busy"]);
  ask("b");
  ask("c");
  await settle();
  expect(refused).toEqual(["flood 4 busy", "flood 3 busy"]);
  await end(3);
  expect(began).toEqual(["flood 0", "b", "c", "flood 1"]);
});

test("among those who have had as little, nobody makes room for who comes later", async () => {
  const { ask, settle, refused } = hand({ width: 1, waitingMax: 2, waitingPerClientMax: 2 });
  for (const client of ["a", "b", "c", "d"]) ask(client);
  await settle();
  expect(refused).toEqual(["d busy"]);
});

test("what a client has had is forgotten with time", async () => {
  const { ask, end, later, began } = hand();
  for (let i = 0; i < 3; i++) ask("a");
  await end(3);
  later(1200);
  ask("b", "runs");
  ask("a", "a again");
  ask("b", "b again");
  await end(2);
  expect(began.slice(3)).toEqual(["runs", "a again", "b again"]);
});

test("a turn that fails gives its place on", async () => {
  const queue = new FairQueue({ width: 1, waitingMax: 1, waitingPerClientMax: 1 }, () => new Date(0));
  const broken = queue.run("a", () => Promise.reject(new Error("no")));
  const whole = queue.run("b", () => Promise.resolve("yes"));
  await expect(broken).rejects.toThrow("no");
  expect(await whole).toBe("yes");
});
