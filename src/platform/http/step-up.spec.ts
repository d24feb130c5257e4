import fc from "fast-check";
import {
  ROUNDS_LEAST,
  stepFor as stepUnder,
  ticketHasTurn,
  TRIES_MAX,
  type Load,
  type Step,
  type StepUpRule,
} from "./step-up.js";

const RULE: StepUpRule = {
  free: { network: 5, fund: 30, server: 120 },
  roundsMost: 3000,
  ticketsMax: { server: 12, network: 4 },
};
const { free: FREE, ticketsMax: TICKETS_MAX } = RULE;
const stepFor = (load: Load): Step => stepUnder(RULE, load);

const CALM = { network: 0, fund: 0, server: 0, tries: 0 };

test("nobody notices anything until many are sent", () => {
  expect(stepFor(CALM)).toEqual({ kind: "free" });
  expect(stepFor({ network: FREE.network - 1, fund: FREE.fund - 1, server: FREE.server - 1, tries: 0 })).toEqual({
    kind: "free",
  });
});

test.each(["network", "fund", "server"] as const)("many of one %s ask for work", (of) => {
  expect(stepFor({ ...CALM, [of]: FREE[of] })).toEqual({ kind: "proof", rounds: ROUNDS_LEAST });
});

test("a network that keeps trying without proof is told to wait, and one that never tried is not", () => {
  expect(stepFor({ ...CALM, fund: FREE.fund, tries: TRIES_MAX - 1 }).kind).toBe("proof");
  expect(stepFor({ ...CALM, fund: FREE.fund, tries: TRIES_MAX }).kind).toBe("refused");
  // In calm times tries of the past lock nobody out.
  expect(stepFor({ ...CALM, tries: TRIES_MAX }).kind).toBe("free");
});

test("the work never shrinks as the load grows, is whole, and is bounded for an old phone", () => {
  const load = fc.record({ network: fc.nat(5000), fund: fc.nat(5000), server: fc.nat(50_000), tries: fc.constant(0) });
  const rounds = (l: Load): number => {
    const step = stepFor(l);
    return step.kind === "free" ? 0 : step.rounds;
  };
  fc.assert(
    fc.property(load, fc.constantFrom("network", "fund", "server"), (l, of) => {
      const [less, more] = [rounds(l), rounds({ ...l, [of]: l[of] + 100 })];
      expect(Number.isInteger(less) && less <= more && more <= RULE.roundsMost).toBe(true);
      expect(less === 0 || less >= ROUNDS_LEAST).toBe(true);
    }),
  );
  expect(rounds({ ...CALM, fund: 100_000 })).toBe(RULE.roundsMost);
});

test("tickets are for everybody: one network takes a third of a minute's at most", () => {
  expect(ticketHasTurn(RULE, { network: 0, server: 0 })).toBe(true);
  expect(ticketHasTurn(RULE, { network: TICKETS_MAX.network, server: 0 })).toBe(false);
  expect(ticketHasTurn(RULE, { network: 0, server: TICKETS_MAX.server })).toBe(false);
  expect(TICKETS_MAX.network * 3).toBeLessThanOrEqual(TICKETS_MAX.server);
});
