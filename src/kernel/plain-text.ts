/** NUL and other control characters, lone surrogates, and the marks that turn the direction of text: nobody needs them here. */
const UNWANTED = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069\uFEFF]/u;

export function isPlainText(text: string): boolean {
  return text.isWellFormed() && !UNWANTED.test(text);
}
