import { execFileSync, type ChildProcess } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import pg from "pg";
import { launchEmbeddedPostgres, type EmbeddedPostgres } from "../../src/platform/database/embedded-postgres.js";
import { ended, familyOf, launch, newDir, start, stop, stopAll, type Started } from "../support/program.js";

jest.setTimeout(240_000);

const CLI = path.resolve("dist/cli/main.js");

afterAll(stopAll);

const refusal = async (env: Record<string, string>): Promise<{ code: number; message: string }> => {
  try {
    const { child } = await start(env);
    await stop(child);
    return { code: 0, message: "it started" };
  } catch (error) {
    return { code: (error as { code: number }).code, message: (error as Error).message.trim() };
  }
};

/** All processes below one, with their share of memory in kB (PSS counts shared pages once). */
function memoryKb(root: number): number {
  return familyOf(root).reduce((sum, pid) => {
    try {
      return sum + Number(/^Pss:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
    } catch {
      return sum;
    }
  }, 0);
}

describe("npm start without configuration", () => {
  const dir = newDir();
  let first: Started;

  test("is up in seconds, with a practice fund, and fills its history by driving the real flows", async () => {
    first = await start({ DATA_DIR: dir });
    expect(first.ms).toBeLessThan(30_000);
    expect((await (await fetch(`${first.origin}/api/v1/funds`)).json()) as unknown).toEqual({
      funds: [{ slug: "example-fund", name: "Elm Street Common Pot", currency: "usd" }],
    });
    for (let i = 0; i < 600 && !first.said().includes("has its history"); i++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(first.said()).toContain("The practice fund has its history.");
    const fund = (await (await fetch(`${first.origin}/api/v1/funds/example-fund`)).json()) as any;
    expect(fund.weeks).toHaveLength(5);
    expect(fund.given).toBeGreaterThan(fund.paidOut);
    expect(fund.queue.paid).toBeGreaterThanOrEqual(40);
  });

  test("stays under 500 MB with ten asks at once", async () => {
    const asks = Array.from({ length: 10 }, () =>
      fetch(`${first.origin}/api/v1/funds/example-fund/requests`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ amount: 1000, payTo: { rail: "cash", to: "the corner" } }),
      }),
    );
    expect((await Promise.all(asks)).map((a) => a.status)).toEqual(Array<number>(10).fill(201));
    const kb = memoryKb(first.child.pid!);
    process.stderr.write(`memory of the running whole after ten asks at once: ${(kb / 1024).toFixed(0)} MB (PSS)\n`);
    expect(kb).toBeGreaterThan(0);
    expect(kb).toBeLessThan(500 * 1024);
  });

  test("the command line works beside it", () => {
    const run = (...words: string[]): string =>
      execFileSync(process.execPath, [CLI, ...words], {
        env: { PATH: process.env["PATH"] ?? "", DATA_DIR: dir },
        encoding: "utf8",
      });
    expect(
      run("fund", "create", "--template", "bail", "--name", "Night Bail", "--slug", "night-bail", "--currency", "usd"),
    ).toContain("night-bail is made (a practice fund)");
    expect(run("fund", "list")).toMatch(/example-fund.*open\tpractice\nnight-bail.*founding\tpractice/);
    expect(run("fund", "invite", "--fund", "night-bail")).toMatch(/\/night-bail\/join#[\w-]{43}\n/);
    expect(
      run("audit")
        .split("\n")
        .filter((line) => line.startsWith("WRONG")),
    ).toEqual([]);
    expect(() => run("fund", "invite", "--fund", "example-fund")).toThrow(/this fund is open/);
    expect(() =>
      run("fund", "create", "--template", "rent", "--name", "X Y", "--slug", "api", "--currency", "usd"),
    ).toThrow(/a slug is/);
  });

  test("a worker that is killed in the middle of booking leaves nothing behind: the gift is booked by the next one", async () => {
    const child = (role: string): number =>
      Number(
        execFileSync("pgrep", ["-P", String(first.child.pid), "-f", `main.js ${role}$`], { encoding: "utf8" }).trim(),
      );
    const start = (): Promise<Response> =>
      fetch(`${first.origin}/api/v1/funds/example-fund/donations`, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": "the-gift-of-the-killed-worker" },
        body: '{"amount":4321,"frequency":"once"}',
      });
    // The tests before blocked this process, and the server closed the connection that is kept here: a client asks again under the same key.
    const answer = await start().catch(start);
    const { checkoutUrl, receiptUrl } = (await answer.json()) as { checkoutUrl: string; receiptUrl: string };
    const [worker, stripe] = [child("worker"), child("practice-stripe")];
    process.kill(worker, "SIGSTOP");
    await fetch(checkoutUrl, {
      method: "POST",
      body: new URLSearchParams({ card: "4242424242424242" }),
      redirect: "manual",
    });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    // The event is stored and the job waits. Now the job begins, hangs in the middle of its call, and its process dies.
    process.kill(stripe, "SIGSTOP");
    process.kill(worker, "SIGCONT");
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(await (await fetch(receiptUrl)).text()).toContain("waiting for Stripe");
    process.kill(worker, "SIGKILL");
    process.kill(stripe, "SIGCONT");
    let booked = false;
    for (let i = 0; i < 200 && !booked; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      booked = (await (await fetch(receiptUrl)).text()).includes("Your gift is in the books");
    }
    expect(booked).toBe(true);
    expect(child("worker")).not.toBe(worker);
  });

  test("its PostgreSQL, when killed, comes back, and the web process says 503 meanwhile", async () => {
    const pid = Number(fs.readFileSync(path.join(dir, "postgres/data/postmaster.pid"), "utf8").split("\n")[0]);
    process.kill(pid, "SIGKILL");
    const statuses = new Set<number>();
    for (let i = 0; i < 100 && !(statuses.has(503) && statuses.has(200)); i++) {
      statuses.add((await fetch(`${first.origin}/api/v1/funds/example-fund`)).status);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(statuses.has(200)).toBe(true);
    expect(statuses.has(500)).toBe(false);
  });

  test("the web process is told no password but its own", () => {
    const web = execFileSync("pgrep", ["-P", String(first.child.pid), "-f", "main.js web$"], {
      encoding: "utf8",
    }).trim();
    expect(fs.readFileSync(`/proc/${web}/environ`, "utf8")).not.toMatch(/DATABASE|STRIPE|postgres:/);
  });

  test("a second one from the same folder is refused in one line", async () => {
    const { code, message } = await refusal({ DATA_DIR: dir });
    expect(code).toBe(1);
    expect(message).toMatch(/^Commonpot can't start: another Commonpot \(process \d+\) already runs from/);
    expect(message.split("\n")).toHaveLength(1);
  });

  test("after SIGKILL an orphaned server is replaced, nothing is lost, and the start is warm", async () => {
    const before = ((await (await fetch(`${first.origin}/api/v1/funds/example-fund`)).json()) as any).given;
    const pidFile = path.join(dir, "postgres/data/postmaster.pid");
    const orphan = Number(fs.readFileSync(pidFile, "utf8").split("\n")[0]);
    first.child.kill("SIGKILL");
    await ended(first.child);
    process.kill(orphan, 0);
    const again = await start({ DATA_DIR: dir });
    expect(Number(fs.readFileSync(pidFile, "utf8").split("\n")[0])).not.toBe(orphan);
    expect(((await (await fetch(`${again.origin}/api/v1/funds/example-fund`)).json()) as any).given).toBe(before);
    await stop(again.child);
    expect(fs.existsSync(pidFile)).toBe(false);
  });

  test("a data directory of another major version is refused with a clear line", async () => {
    const file = path.join(dir, "postgres/data/PG_VERSION");
    const kept = fs.readFileSync(file, "utf8");
    fs.writeFileSync(file, "17\n");
    const { code, message } = await refusal({ DATA_DIR: dir });
    fs.writeFileSync(file, kept);
    expect([code, message]).toEqual([
      1,
      expect.stringContaining("was made by PostgreSQL 17 and this is PostgreSQL 18"),
    ]);
  });
});

test.each<[string, Record<string, string>, string]>([
  [
    "a live key beside PRACTICE=1",
    { PRACTICE: "1", STRIPE_SECRET_KEY: "rk_live_abc", STRIPE_WEBHOOK_SECRET: "whsec_a" },
    "STRIPE_SECRET_KEY",
  ],
  ["a public host without PRACTICE", { HOST: "0.0.0.0" }, "DATABASE_URL"],
  ["a port that is none", { PORT: "99999" }, "PORT"],
])("%s: one line, status 78", async (_what, env, named) => {
  const { code, message } = await refusal({ DATA_DIR: newDir(), ...env });
  expect([code, message.split("\n").length]).toEqual([78, 1]);
  expect(message).toContain(named);
});

test("practice refuses a database that holds a real fund", async () => {
  const { cloneDatabase } = await import("../support/database.js");
  const db = await cloneDatabase();
  await (
    await db.as("owner")
  ).query(
    "insert into fund (fund_id, slug, practice, template, currency, state, created_day) values (gen_random_uuid(), 'real-fund', false, 'rent', 'usd', 'open', '2026-11-23')",
  );
  const { code, message } = await refusal({
    PRACTICE: "1",
    DATA_DIR: newDir(),
    DATABASE_URL: db.urls.app,
    DATABASE_OWNER_URL: db.urls.owner,
    DATABASE_WORKER_URL: db.urls.worker,
  });
  await db.drop();
  expect([code, message]).toEqual([78, expect.stringContaining("holds a real fund")]);
});

describe("as a real server, on PostgreSQL of one's own", () => {
  let postgres: EmbeddedPostgres;
  let env: Record<string, string>;
  beforeAll(async () => {
    postgres = await launchEmbeddedPostgres({ dir: path.join(newDir(), "own") });
    env = {
      DATABASE_URL: postgres.urls.app,
      PUBLIC_URL: "http://localhost:1",
      PORT: "0",
      LOG_KEY_FILE: path.join(newDir(), "log.key"),
    };
  });
  afterAll(() => postgres.stop());

  /** Starts one process alone; resolves with what it said when it is up, or has ended. */
  const alone = (role: string, more: Record<string, string> = {}): Promise<{ child: ChildProcess; text: string }> => {
    const child = launch([role], { ...env, ...more });
    let text = "";
    return new Promise((resolve) => {
      const hear = (data: Buffer): void => {
        text += data.toString();
        if (/is (at|up)/.test(text)) resolve({ child, text });
      };
      child.stdout?.on("data", hear);
      child.stderr?.on("data", hear);
      child.once("exit", (code) => resolve({ child, text: `${text}status ${String(code)}` }));
    });
  };
  const asOwner = async (sql: string, url = postgres.urls.owner): Promise<void> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  const all = () => ({ DATABASE_OWNER_URL: postgres.urls.owner, DATABASE_WORKER_URL: postgres.urls.worker });

  test("web waits for the worker's migrations, and knows no password but its own", async () => {
    const web = alone("web");
    const worker = await alone("worker", all());
    expect(worker.text).toContain("The worker is up");
    expect((await web).text).toContain("Commonpot is at");
    await Promise.all([stop((await web).child), stop(worker.child)]);
  });

  test.each([
    [
      "a guard that sleeps",
      "alter table posting disable trigger posting_is_whole",
      "alter table posting enable always trigger posting_is_whole",
      /guard posting_is_whole on posting/,
    ],
    [
      "a guard that a session could switch off",
      "alter table posting enable trigger posting_append_only",
      "alter table posting enable always trigger posting_append_only",
      /posting_append_only/,
    ],
    [
      "a schema that it does not know",
      "insert into schema_migration values ('2000000000000-later.sql', 'x')",
      "delete from schema_migration where sum = 'x'",
      /not ours|does not know/,
    ],
    [
      "commits that are not durable",
      "alter role commonpot_app set synchronous_commit = off",
      "alter role commonpot_app set synchronous_commit = on",
      /synchronous_commit = off/,
    ],
    [
      "a log of every statement, with what people wrote in it",
      "alter role commonpot_app set log_statement = 'all'; alter role commonpot_app set log_parameter_max_length = 100",
      "alter role commonpot_app reset log_statement; alter role commonpot_app reset log_parameter_max_length",
      /log_statement = all: what people wrote would stand in its log/,
    ],
    [
      "a log of the worker's slow statements, with what people wrote in it",
      "alter role commonpot_worker set log_min_duration_statement = 1000; alter role commonpot_worker set log_parameter_max_length = -1",
      "alter role commonpot_worker reset log_min_duration_statement; alter role commonpot_worker reset log_parameter_max_length",
      /log_min_duration_statement = 1000/,
    ],
    [
      "a log of what failed, with what people wrote in it",
      "alter role commonpot_app set log_parameter_max_length_on_error = -1",
      "alter role commonpot_app reset log_parameter_max_length_on_error",
      /log_parameter_max_length_on_error = -1/,
    ],
  ])("refuses %s, in one line", async (_what, breakIt, mendIt, says) => {
    const url = breakIt.startsWith("alter role") ? postgres.urls.superuser : postgres.urls.owner;
    await asOwner(breakIt, url);
    const { text } = await alone("worker", all());
    await asOwner(mendIt, url);
    expect(text).toMatch(says);
    expect(text).toMatch(/status (78|1)$/);
    expect(text.trim().split("\n").length).toBeLessThanOrEqual(2);
    const mended = await alone("worker", all());
    expect(mended.text).toContain("The worker is up");
    await stop(mended.child);
  });

  test("each of the four roles has what it needs, and the auditor reads the books and nothing that people wrote", async () => {
    const client = new pg.Client({ connectionString: postgres.urls.superuser.replace(/postgres$/, "commonpot") });
    await client.connect();
    const may = async (table: string): Promise<boolean> =>
      (
        (await client.query("select has_table_privilege('commonpot_auditor', $1, 'SELECT') as may", [table]))
          .rows[0] as { may: boolean }
      ).may;
    for (const table of ["transaction", "posting", "account", "book", "hold", "set_aside", "deposit"])
      expect([table, await may(table)]).toEqual([table, true]);
    for (const table of ["aid_request", "request_message", "credential", "session", "claim_locator"])
      expect([table, await may(table)]).toEqual([table, false]);
    await client.end();
  });
});
