import type { FastifyRequest } from "fastify";
import type { PracticeStripe } from "./practice-stripe.js";

/** `expand[]=latest_charge.balance_transaction`: the expansions that a fund asks for. */
export function expanded(practice: PracticeStripe, request: FastifyRequest, found: object): object {
  const wanted = decodeURIComponent(request.url.split("?")[1] ?? "");
  const copy = structuredClone(found) as Record<string, unknown>;
  const { state } = practice.store;
  const into = (holder: Record<string, unknown>, field: string, find: (id: string) => object | undefined): void => {
    const id = holder[field];
    if (wanted.includes(field) && typeof id === "string") holder[field] = structuredClone(find(id));
  };
  into(copy, "latest_charge", (id) => state.charges[id]);
  into(copy, "invoice", (id) => state.invoices[id]);
  const charge = copy["latest_charge"];
  const holders = [copy, ...(typeof charge === "object" && charge !== null ? [charge as Record<string, unknown>] : [])];
  for (const holder of holders) {
    into(holder, "failure_balance_transaction", (id) => practice.transaction(id));
    into(holder, "balance_transaction", (id) => practice.transaction(id));
  }
  if (copy["object"] === "invoice" && wanted.includes("payments"))
    copy["payments"] = {
      object: "list",
      has_more: false,
      url: "/v1/invoice_payments",
      data: Object.values(state.invoicePayments).filter((p) => p.invoice === copy["id"]),
    };
  return copy;
}
