import type { Task } from "../platform/jobs/jobs.js";
import type { Booking } from "./booking.service.js";
import { BOOK_AVAILABLE, BOOK_BANK, BOOK_PAYMENT } from "./stripe-events.service.js";

/** The worker's part of giving. */
export function bookingTasks(booking: Booking): Task[] {
  return [
    { name: BOOK_PAYMENT, run: (p) => booking.bookPayment(p["paymentIntent"] ?? "") },
    { name: BOOK_AVAILABLE, run: (p) => booking.bookAvailable(p["fund"] ?? "", p["donation"] ?? "") },
    { name: BOOK_BANK, run: (p) => booking.bookBank(p["payout"] ?? "") },
  ];
}
