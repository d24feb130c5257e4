/** Something that a verifier has to say. An alarm means that the books must not be trusted as they are; a note is what a reader should know. */
export interface Finding {
  readonly level: "alarm" | "note";
  readonly code: FindingCode;
  /** The entry that it is about. */
  readonly index?: number;
  readonly detail?: string;
}

export type FindingCode = keyof typeof FINDINGS;

/** Each finding in plain words; {detail} is a number, a name or a day, never text of people. */
export const FINDINGS = {
  unreachable: { en: "the log could not be read: {detail}", es: "no se pudo leer el registro: {detail}" },
  "not-signed": { en: "the checkpoint is not what the fund's key signs: {detail}", es: "el punto de control no es lo que firma la clave del fondo: {detail}" },
  shorter: { en: "the log is shorter than when you last looked ({detail} entries then): history was taken away", es: "el registro es más corto que la última vez ({detail} asientos entonces): se quitó historia" },
  rewritten: { en: "the first {detail} entries are not those that you saw before: history was rewritten", es: "los primeros {detail} asientos no son los que viste antes: se reescribió la historia" },
  root: { en: "the entries do not add up to what was signed", es: "los asientos no suman lo que se firmó" },
  tile: { en: "the file {detail} is not what the entries give", es: "el archivo {detail} no es lo que dan los asientos" },
  missing: { en: "the file {detail} is missing or cut off", es: "el archivo {detail} falta o está cortado" },
  "not-an-entry": { en: "this is no entry of such books: {detail}", es: "esto no es un asiento de estos libros: {detail}" },
  "cosignature": { en: "a witness's signature does not fit: {detail}", es: "la firma de un testigo no encaja: {detail}" },
  unwitnessed: { en: "too few of your witnesses have signed this checkpoint", es: "muy pocos de tus testigos han firmado este punto de control" },
  "no-charter": { en: "money comes before any charter", es: "hay dinero antes de que haya estatutos" },
  "charter-order": { en: "a version of the charter is out of order, or was never agreed on", es: "una versión de los estatutos está fuera de orden o nunca se acordó" },
  "roster-order": { en: "a roster is out of order, or was never agreed on", es: "una lista de firmantes está fuera de orden o nunca se acordó" },
  change: { en: "a change of the rules or the seats was not decided as it must be: {detail}", es: "un cambio de las reglas o de los puestos no se decidió como se debe: {detail}" },
  draw: { en: "a lottery is not what was announced: {detail}", es: "un sorteo no es lo que se anunció: {detail}" },
  undrawn: { en: "{detail} lotteries were announced and are not drawn", es: "{detail} sorteos se anunciaron y no se han hecho" },
  "genesis-twice": { en: "the fund begins twice", es: "el fondo empieza dos veces" },
  genesis: { en: "the fund's beginning is not signed by all its seats: {detail}", es: "el comienzo del fondo no está firmado por todos los puestos: {detail}" },
  approval: { en: "a treasurer's signature does not hold: {detail}", es: "la firma de una persona tesorera no vale: {detail}" },
  quorum: { en: "a payout was not approved by {detail} treasurers", es: "un pago no fue aprobado por {detail} personas tesoreras" },
  "below-k": { en: "a group is smaller than the {detail} that the charter promises", es: "un grupo es más pequeño que los {detail} que prometen los estatutos" },
  "small-cell": { en: "a number below {detail} is shown, and could point at a person", es: "se muestra un número menor que {detail}, y podría señalar a una persona" },
  "paid-twice": { en: "one approval was paid out twice", es: "una misma aprobación se pagó dos veces" },
  overdrawn: { en: "treasurers sent out more than had come in", es: "se envió más de lo que había entrado" },
  days: { en: "days run backwards", es: "los días van hacia atrás" },
  "key-name": { en: "a key is announced that is not this log's", es: "se anuncia una clave que no es de este registro" },
  receipt: { en: "the receipt does not hold: {detail}", es: "el recibo no vale: {detail}" },
  practice: { en: "this is a practice fund: nothing in it is real", es: "este es un fondo de práctica: nada en él es real" },
  "first-time": { en: "you have not looked at these books before: their key was taken as they state it", es: "es la primera vez que miras estos libros: su clave se aceptó tal como la dicen" },
  "nobody-else": { en: "no witness was asked for: the fund alone vouches for what others are shown", es: "no se pidió ningún testigo: solo el fondo responde de lo que se muestra a otros" },
  "sealed-approvals": { en: "{detail} approvals are sealed: their members can check them, and you cannot", es: "{detail} aprobaciones están selladas: sus miembros pueden comprobarlas y tú no" },
  imported: { en: "what was moved in from elsewhere is not what the books said of it: {detail}", es: "lo que se trajo de otro lugar no es lo que los libros dijeron de ello: {detail}" },
  "no-statement": { en: "these decisions carry no public signatures yet: {detail}", es: "estas decisiones aún no llevan firmas públicas: {detail}" },
  negative: { en: "after a fact that nobody decided (a chargeback, a refund) less than nothing was left", es: "después de un hecho que nadie decidió (un contracargo, una devolución) quedó menos que nada" },
  founding: { en: "this fund has not opened yet: nobody has signed for it", es: "este fondo aún no se ha abierto: nadie ha firmado por él" },
} as const; // prettier-ignore

export function sayFinding(finding: Finding, language: "en" | "es" = "en"): string {
  const where =
    finding.index === undefined ? "" : language === "es" ? `asiento ${finding.index}: ` : `entry ${finding.index}: `;
  return where + FINDINGS[finding.code][language].replace("{detail}", finding.detail ?? "");
}

export const alarm = (code: FindingCode, more: { index?: number; detail?: string } = {}): Finding => ({
  level: "alarm",
  code,
  ...more,
});
export const note = (code: FindingCode, more: { index?: number; detail?: string } = {}): Finding => ({
  level: "note",
  code,
  ...more,
});
