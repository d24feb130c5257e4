import { parse, serialize } from "parse5";

/**
 * Where a page is not what a strict reader of HTML (WHATWG HTML, section 13.2) expects: errors that the parser names, elements that it had to move, close or add, and names that are there twice.
 * A browser mends all of it in silence, and no two mend alike.
 */
export function htmlFaults(html: string): string[] {
  const faults: string[] = [];
  const tree = parse(html, { onParseError: ({ code, startLine, startCol }) => faults.push(`${code} at ${startLine}:${startCol}`) }); // prettier-ignore
  const [written, read] = [tagsIn(html), tagsIn(serialize(tree))];
  const at = read.findIndex((tag, i) => tag !== written[i]);
  if (at >= 0 || written.length !== read.length)
    faults.push(`${written.slice(at - 2, at + 2).join("")} is read as ${read.slice(at - 2, at + 2).join("")}`);
  const ids = [...html.matchAll(/<[^>]* id="([^"]*)"/g)].map((found) => found[1] ?? "");
  for (const id of new Set(ids)) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`"${id}" is there twice`);
  return faults;
}

/** The tags in their order; what stands in text is escaped, and void elements have one tag in both. */
const tagsIn = (html: string): string[] =>
  [...html.matchAll(/<(\/?[a-z][\w-]*)/gi)].map((found) => `<${found[1] ?? ""}>`);
