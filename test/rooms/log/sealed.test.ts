import { ENTITIES } from "../../../src/entities.js";
import { FundClock } from "../../../src/fund-clock.js";
import type { Fund } from "../../../src/funds/funds.service.js";
import { fromHex } from "../../../src/kernel/ids.js";
import { HandClock } from "../../../src/kernel/clock.js";
import { Figures } from "../../../src/open-books/figures.service.js";
import { Database } from "../../../src/platform/database/database.js";
import { commitmentTo } from "../../../src/publication/commitment.js";
import type { ApprovalEntry } from "../../../src/publication/entry.js";
import { LogReads } from "../../../src/tlog/log-reads.service.js";
import { verify } from "../../../src/verify/verify.js";
import { bookGift } from "../../support/builders.js";
import { ask, openFund, payEverybody, startCommonpot, type Commonpot } from "../../support/commonpot.js";
import { fetchOf } from "../../support/served-log.js";

jest.setTimeout(120_000);

let pot: Commonpot;
let worker: Database;
let fund: Fund;
const clock = new HandClock(new Date());

beforeAll(async () => {
  pot = await startCommonpot({ worker: false, clock });
  worker = await Database.connect(pot.db.urls.worker, ENTITIES, 4);
  fund = await openFund(pot, "sealed", { approvals: "sealed" });
});
afterAll(async () => {
  await worker.close();
  await pot.close();
});

test("where a charter seals approvals, the log carries salted hashes, members can open them, and the verifier says that it could not", async () => {
  const tick = async (): Promise<void> => {
    clock.set(new Date(clock.now().getTime() + 10_000));
    await pot.app.get(FundClock).run(worker, fund);
  };
  for (let i = 0; i < 6; i++) await bookGift(pot.database, fund, 10_000n, `s${i}`);
  for (let i = 0; i < 5; i++) await ask(pot, fund.slug, 1000 + i);
  await tick();
  const ana = await payEverybody(pot, fund);
  await tick();
  const entries = await new Figures().entries(pot.database.read, fund.fundId, 0, 100);
  const approvals = entries.filter((e) => e.entry.kind === "approval");
  expect(approvals).toHaveLength(2);
  for (const { index, entry } of approvals) {
    expect(Object.keys(entry).sort()).toEqual(["day", "digest", "kind", "v"]);
    const { salt, approval } = await ana.get<{ salt: string; approval: object }>(`approvals/${index}`);
    expect(commitmentTo(fromHex(salt), approval)).toBe((entry as ApprovalEntry).digest);
  }
  expect(
    (await pot.app.inject({ url: `/api/v1/funds/${fund.slug}/approvals/${approvals[0]!.index}` })).statusCode,
  ).toBe(403);
  const log = (await new LogReads(pot.database).published(fund.fundId))!;
  const { findings } = await verify(fetchOf(pot.database, fund.fundId), { vkeys: [log.vkey], seen: [] });
  expect(findings.filter((f) => f.level === "alarm")).toEqual([]);
  expect(findings.find((f) => f.code === "sealed-approvals")?.detail).toBe("2");
});
