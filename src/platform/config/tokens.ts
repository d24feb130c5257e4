/** Names under which the doors hand plain values to the rooms. */
export const PRACTICE = Symbol("practice");
export const METRICS_TOKEN = Symbol("metrics-token");
