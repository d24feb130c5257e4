/** Names under which the doors hand plain values to the rooms. */
export const PRACTICE = Symbol("practice");
export const METRICS_TOKEN = Symbol("metrics-token");
/** One line for the operator: places and kinds of errors, never what people sent. */
export const REPORT = Symbol("report");
export type Report = (line: string) => void;
