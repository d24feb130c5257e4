import Stripe from "stripe";
import { readSignedEvent } from "./webhook.js";

const now = new Date("2026-11-25T12:00:00Z");
const payload = JSON.stringify({
  id: "evt_1", object: "event", type: "charge.succeeded", created: 1, livemode: false, data: { object: { id: "ch_1" } },
}); // prettier-ignore
const signedWith = (secret: string): string =>
  new Stripe("sk_test_x").webhooks.generateTestHeaderString({ payload, secret, timestamp: now.getTime() / 1000 });
const read = (header: string, secrets: string[]) => readSignedEvent(Buffer.from(payload), header, secrets, false, now);

test("while a secret is rotated, both are taken; afterwards the old one is not", () => {
  for (const secret of ["whsec_old", "whsec_new"])
    expect(read(signedWith(secret), ["whsec_new", "whsec_old"]).id).toBe("evt_1");
  expect(() => read(signedWith("whsec_old"), ["whsec_new"])).toThrow("bad-signature");
});
