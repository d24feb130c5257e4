/**
 * An expected no, for people. The code is stable and public (`urn:commonpot:problem:<code>`); `field` names the input that was
 * wrong, as a JSON pointer or a form field's name; `values` fill the sentence of the page. Nothing a person typed goes in here.
 */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    readonly options: { readonly field?: string; readonly values?: Readonly<Record<string, string | number>> } = {},
  ) {
    super(code);
    this.name = "Refusal";
  }
}
