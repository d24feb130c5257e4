import type { FastifyInstance, FastifyReply } from "fastify";
import { checkoutPage, portalPage } from "./checkout-page.js";
import { at, readForm } from "./form.js";
import { CARD_DECLINED } from "./practice-money.js";
import { CARD_DISPUTED, CARD_PAYS, type PracticeStripe } from "./practice-stripe.js";
import { StripeProblem } from "./problem.js";

const html = (reply: FastifyReply, status: number, page: string): FastifyReply =>
  reply.status(status).type("text/html; charset=utf-8").header("cache-control", "no-store").send(page);

/** The pages that Stripe hosts: the payment page, and the portal in which a donor ends a monthly gift. */
export function hostedPages(server: FastifyInstance, practice: PracticeStripe, disputeAfterMs: number | null): void {
  const { sessions, portals } = practice.store.state;
  server.get<{ Params: { id: string } }>("/c/pay/:id", (request, reply) => {
    const session = sessions[request.params.id];
    return session
      ? html(reply, 200, checkoutPage(session, null))
      : html(reply, 404, "<!doctype html><title>No such checkout</title><p>There is no such checkout.");
  });
  server.post<{ Params: { id: string } }>("/c/pay/:id", (request, reply) => {
    const session = sessions[request.params.id];
    if (!session) throw new StripeProblem(404, "invalid_request_error", "No such checkout session.");
    const form = readForm(String(request.body));
    const card = (at(form, "card") ?? "").replace(/[\s-]/g, "");
    if (![CARD_PAYS, CARD_DECLINED, CARD_DISPUTED].includes(card))
      return html(reply, 400, checkoutPage(session, "This is no practice card. Try 4242 4242 4242 4242."));
    const handedIn = Number(at(form, "practice_at"));
    const paid = practice.pay(session.id, card, Number.isInteger(handedIn) && handedIn > 0 ? handedIn : null);
    if (!paid)
      return html(reply, 402, checkoutPage(session, "Your card was declined. Nothing was taken. Try another one."));
    const intent = session.payment_intent;
    if (card === CARD_DISPUTED && disputeAfterMs !== null && typeof intent === "string")
      setTimeout(() => practice.openDispute(intent), disputeAfterMs).unref();
    return reply.redirect(session.success_url ?? "/", 303);
  });
  const portalOf = (id: string): { page: (done: boolean) => string; customer: string } => {
    const portal = portals[id];
    if (!portal) throw new StripeProblem(404, "invalid_request_error", "No such session.");
    return {
      customer: portal.customer,
      page: (done) => portalPage(portal, practice.subscriptionsOf(portal.customer), done),
    };
  };
  server.get<{ Params: { id: string } }>("/p/session/:id", (request, reply) =>
    html(reply, 200, portalOf(request.params.id).page(false)),
  );
  server.post<{ Params: { id: string } }>("/p/session/:id", (request, reply) => {
    const portal = portalOf(request.params.id);
    for (const { id, status } of practice.subscriptionsOf(portal.customer))
      if (status !== "canceled") practice.cancel(id);
    return html(reply, 200, portal.page(true));
  });
}
