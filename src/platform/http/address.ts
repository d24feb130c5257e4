/** The public origin: where links, passkeys and checkouts return to. Known from the configuration, or once we listen. */
export class PublicAddress {
  /** `onion`: the same server as an onion service. */
  constructor(
    public origin: string,
    readonly onion: string | null = null,
  ) {}

  get hostname(): string {
    return new URL(this.origin).hostname;
  }
}
