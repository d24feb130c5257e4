/** What a fund's books must say after a history, in plain words: it knows nothing of events, lines or jobs. Minor units. */
export class StripeModel {
  private income = 0;
  private monthly = 0;
  private fees = 0;
  private disputed = 0;
  private chargebacks = 0;
  private bank = 0;
  /** All that Stripe has of this fund. */
  private atStripe = 0;

  gift(amount: number, monthly = false): void {
    const fee = Math.round(amount * 0.029) + 30;
    if (monthly) this.monthly += amount;
    else this.income += amount;
    this.fees += fee;
    this.atStripe += amount - fee;
  }
  refunded(amount: number): void {
    this.income -= amount;
    this.atStripe -= amount;
  }
  refundCameBack(amount: number): void {
    this.refunded(-amount);
  }
  disputeOpened(amount: number): void {
    this.disputed += amount;
    this.fees += 1500;
    this.atStripe -= amount + 1500;
  }
  disputeWon(amount: number): void {
    this.disputed -= amount;
    this.fees -= 1500;
    this.atStripe += amount + 1500;
  }
  disputeLost(amount: number): void {
    this.disputed -= amount;
    this.chargebacks += amount;
  }
  paidOut(amount: number): void {
    this.bank += amount;
    this.atStripe -= amount;
  }

  accounts(): Record<string, number> {
    const all = {
      "assets:bank": this.bank,
      "assets:disputed": this.disputed,
      "assets:stripe": this.atStripe,
      "expenses:chargebacks": this.chargebacks,
      "expenses:fees:stripe": this.fees,
      "income:gifts": -this.income,
      "income:gifts:monthly": -this.monthly,
    };
    return Object.fromEntries(Object.entries(all).filter(([, amount]) => amount !== 0));
  }
}
