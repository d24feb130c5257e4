/** The only key that the practice Stripe knows. */
export const PRACTICE_KEY = "sk_test_practice";
