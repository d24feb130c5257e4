/** The public origin: where links, passkeys and checkouts return to. Known from the configuration, or once we listen. */
export class PublicAddress {
  constructor(public origin: string) {}

  get hostname(): string {
    return new URL(this.origin).hostname;
  }
}
