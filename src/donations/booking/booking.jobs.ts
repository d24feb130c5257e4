import type { INestApplicationContext } from "@nestjs/common";
import type { Payload, Task } from "../../platform/jobs/jobs.js";
import { Booking } from "./booking.service.js";
import { PayoutBooking } from "./payouts-booking.service.js";
import { RefundOrders } from "../refunds/refund-orders.service.js";
import { Pledges } from "../pledges/pledges.service.js";
import { PledgesEnd } from "../pledges/pledges-end.service.js";
import { Releases } from "./releases.service.js";
import { TASKS, type Look } from "./stripe-events.js";
import { Sweep } from "./sweep.service.js";

const LOOKS: readonly string[] = ["gift", "refunds", "disputes"] satisfies Look[];

/** The worker's part of giving. */
export function bookingTasks(app: INestApplicationContext): Task[] {
  const [booking, payouts, pledges] = [app.get(Booking), app.get(PayoutBooking), app.get(Pledges)];
  const ends = app.get(PledgesEnd);
  const [releases, sweep, refunds] = [app.get(Releases), app.get(Sweep), app.get(RefundOrders)];
  const text = (payload: Payload, name: string): string => payload[name] ?? "";
  const looks = (payload: Payload): number => Number(payload["looks"] ?? 0);
  return [
    {
      name: TASKS.payment,
      run: (p) => {
        const look = LOOKS.includes(text(p, "look")) ? (text(p, "look") as Look) : "gift";
        return booking.bookPayment(text(p, "account"), text(p, "paymentIntent"), look, looks(p));
      },
    },
    {
      name: TASKS.pledge,
      run: (p) =>
        p["session"] === undefined
          ? ends.changed(text(p, "account"), text(p, "subscription"))
          : ends.begun(text(p, "account"), p["session"]),
    },
    { name: TASKS.invoice, run: (p) => pledges.bookInvoice(text(p, "account"), text(p, "invoice")) },
    { name: TASKS.payout, run: (p) => payouts.bookPayout(text(p, "account"), text(p, "payout"), looks(p)) },
    { name: TASKS.pledgesEnd, run: (p) => ends.run(text(p, "fund")) },
    { name: TASKS.refund, run: (p) => refunds.ask(text(p, "fund"), text(p, "decision"), looks(p)) },
    { name: TASKS.release, run: (p) => releases.release(text(p, "account"), Number(p["at"]), looks(p)) },
    {
      name: TASKS.sweep,
      run: async () => {
        await sweep.run();
        await ends.sweep();
      },
    },
  ];
}
