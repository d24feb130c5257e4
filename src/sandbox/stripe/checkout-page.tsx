import { renderToString } from "preact-render-to-string";
import type Stripe from "stripe";
import { formatMoney } from "../../kernel/money.js";

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f4f5f8;color:#1a1f36}main{max-width:26rem;margin:8vh auto;padding:1.5rem;background:#fff;border-radius:12px;box-shadow:0 1px 4px #0002}
h1{font-size:1.9rem;margin:.2em 0}.tag{background:#fde68a;color:#713f12;border-radius:6px;padding:.1em .5em;font-size:.8rem;font-weight:600}label{display:block;margin:1em 0 .3em;font-weight:600}
input{font:inherit;width:100%;box-sizing:border-box;padding:.7em;border:1px solid #8792a2;border-radius:8px}button{font:inherit;font-weight:600;width:100%;margin-top:1.2em;padding:.8em;border:0;border-radius:8px;background:#4338ca;color:#fff;cursor:pointer}
.no{background:#fef2f2;color:#991b1b;padding:.7em;border-radius:8px}code{background:#eef;padding:.1em .3em;border-radius:4px}a{color:#4338ca}
@media(prefers-color-scheme:dark){body{background:#0f1116;color:#e6e8ee}main{background:#1a1d26}code{background:#2a2f45}a{color:#a5b4fc}input{background:#0f1116;color:inherit}}`;

/** The hosted payment page. It says loudly that it is not Stripe. */
export function checkoutPage(session: Stripe.Checkout.Session, problem: string | null): string {
  const amount = formatMoney(BigInt(session.amount_total ?? 0), session.currency ?? "usd", "en");
  return `<!doctype html>${renderToString(
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Practice checkout</title>
        <style dangerouslySetInnerHTML={{ __html: STYLE }} />
      </head>
      <body>
        <main>
          <span class="tag">PRACTICE — no real card, no real money</span>
          <h1>{session.mode === "subscription" ? `${amount} each month` : amount}</h1>
          {session.status === "open" ? (
            <form method="post">
              {problem !== null && (
                <p class="no" role="alert">
                  {problem}
                </p>
              )}
              <label for="card">Card number</label>
              <input
                id="card"
                name="card"
                inputMode="numeric"
                autocomplete="off"
                value="4242 4242 4242 4242"
                required
              />
              <p>
                <code>4242 4242 4242 4242</code> pays. <code>4000 0000 0000 0002</code> is declined.{" "}
                <code>4000 0000 0000 0259</code> pays, and is disputed later.
              </p>
              <button>Pay {amount}</button>
            </form>
          ) : (
            <p>This checkout is over.</p>
          )}
          {session.cancel_url !== null && (
            <p>
              <a href={session.cancel_url}>Go back without paying</a>
            </p>
          )}
        </main>
      </body>
    </html>,
  )}`;
}

/** The portal in which a donor looks after a monthly gift. */
export function portalPage(
  portal: Stripe.BillingPortal.Session,
  subscriptions: readonly Stripe.Subscription[],
  done: boolean,
): string {
  const active = subscriptions.filter((s) => s.status !== "canceled");
  return `<!doctype html>${renderToString(
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Practice billing portal</title>
        <style dangerouslySetInnerHTML={{ __html: STYLE }} />
      </head>
      <body>
        <main>
          <span class="tag">PRACTICE — no real card, no real money</span>
          <h1>Your monthly gift</h1>
          {done && <p role="status">It is canceled. Nothing more is taken.</p>}
          {active.map((s) => (
            <form method="post">
              <p>{formatMoney(BigInt(s.items.data[0]?.price.unit_amount ?? 0), s.currency, "en")} each month</p>
              <button>Cancel it</button>
            </form>
          ))}
          {active.length === 0 && !done && <p>There is no monthly gift here any more.</p>}
          {portal.return_url !== null && (
            <p>
              <a href={portal.return_url}>Back to the receipt</a>
            </p>
          )}
        </main>
      </body>
    </html>,
  )}`;
}
