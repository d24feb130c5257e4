/** An answer of the API that is an error of Stripe's. */
export class StripeProblem extends Error {
  constructor(
    readonly status: number,
    readonly type: "invalid_request_error" | "idempotency_error" | "card_error" | "api_error" | "rate_limit_error",
    message: string,
    readonly param?: string,
  ) {
    super(message);
  }
}
