export const THINGS = ["details", "before", "message"] as const;

/** How to be paid, what that replaced, or a message: an age file that treasurers can open. */
export interface Thing {
  readonly thing: (typeof THINGS)[number];
  /** Of the message, or of the request. */
  readonly id: string;
}

/** A lock to be made anew: the header alone, never what is inside. */
export interface ToLock extends Thing {
  readonly header: string;
  /** Who may open it beside the treasurers: whoever asked, for a message. */
  readonly reader: string | null;
}

export interface ToTry extends Thing {
  readonly header: string;
  readonly headerBefore: string;
}

/** What a device found and did. */
export interface Did {
  readonly wrong: readonly Thing[];
  readonly good: readonly Thing[];
  readonly locked: readonly (Thing & { readonly header: string })[];
}

/** What a device is handed. */
export interface Locks {
  readonly toLock: readonly ToLock[];
  readonly toTry: readonly ToTry[];
}

/** So many of a kind are sent at once. */
export const AT_ONCE_MAX = 50;

/** A header has no more characters than this: some twenty recipients. */
export const HEADER_CHARACTERS_MAX = 3000;
