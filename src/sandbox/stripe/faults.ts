/** How often each thing goes wrong, 0 to 1. */
export interface FaultRates {
  /** An event comes late, and so out of order. */
  readonly late: number;
  readonly lateMsMax: number;
  readonly twice: number;
  /** An event never comes. */
  readonly dropped: number;
  /** The API answers 429 before it does anything. */
  readonly tooMany: number;
  /** The connection is cut: before anything was done, or after. */
  readonly cut: number;
  /** A write answers 500, and keeps that answer under its idempotency key. */
  readonly broken: number;
  /** A charge has no balance transaction at first. */
  readonly unsettled: number;
  readonly settleMsMax: number;
}

/** What any test can live with: everything comes, but late, twice and out of order. */
export const GENTLE: FaultRates = {
  late: 0.2, lateMsMax: 150, twice: 0.1, dropped: 0, tooMany: 0, cut: 0.02, broken: 0, unsettled: 0, settleMsMax: 0,
}; // prettier-ignore

/** A bad week. */
export const ROUGH: FaultRates = {
  late: 0.4, lateMsMax: 1500, twice: 0.2, dropped: 0.15, tooMany: 0.03, cut: 0.05, broken: 0.05, unsettled: 0.2, settleMsMax: 800,
}; // prettier-ignore

export interface DeliveryFault {
  readonly delayMs: number;
  readonly copies: number;
  readonly dropped: boolean;
}

export type ApiFault = "none" | "too-many" | "cut-before" | "cut-after" | "broken";

/** A plan of faults from a seed. The same seed makes the same choices in the same order. */
export class Faults {
  private state: number;

  constructor(
    readonly seed: number,
    private rates: FaultRates,
  ) {
    this.state = seed >>> 0;
  }

  /** From now on everything works. */
  over(): void {
    this.become({ ...GENTLE, late: 0, twice: 0, cut: 0 });
  }

  /** From now on other things go wrong. */
  become(rates: Partial<FaultRates>): void {
    this.rates = { ...this.rates, ...rates };
  }

  delivery(): DeliveryFault {
    const late = this.roll(this.rates.late);
    return {
      delayMs: late ? this.upTo(this.rates.lateMsMax) : 0,
      copies: this.roll(this.rates.twice) ? 2 : 1,
      dropped: this.roll(this.rates.dropped),
    };
  }

  api(writes: boolean): ApiFault {
    if (this.roll(this.rates.tooMany)) return "too-many";
    if (this.roll(this.rates.cut)) return writes && this.roll(0.5) ? "cut-after" : "cut-before";
    return writes && this.roll(this.rates.broken) ? "broken" : "none";
  }

  /** Milliseconds until a charge knows its balance transaction. */
  settleAfterMs(): number {
    return this.roll(this.rates.unsettled) ? this.upTo(this.rates.settleMsMax) : 0;
  }

  private roll(rate: number): boolean {
    return rate > 0 && this.next() < rate;
  }

  private upTo(max: number): number {
    return (this.next() * max) | 0;
  }

  /** mulberry32: small, and good enough to choose faults. */
  private next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = times(t ^ (t >>> 15), t | 1);
    t = (t ^ (t + times(t ^ (t >>> 7), t | 61))) >>> 0;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }
}

/** The product modulo 2^32. */
const times = (a: number, b: number): number => Number(BigInt.asUintN(32, BigInt(a >>> 0) * BigInt(b >>> 0)));
