import type { Config } from "./platform/config/config.js";

/** What a child needs to know beyond the environment; it comes over the channel and never stands in a command line. */
export interface Instructions {
  readonly config: Config;
  readonly appUrl: string;
  readonly workerUrl: string;
  readonly practiceStripe: { readonly port: number; readonly webhookSecret: string } | null;
  readonly origin: string;
}
