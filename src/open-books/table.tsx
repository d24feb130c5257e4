import type { ComponentChildren, JSX } from "preact";

/** A table that scrolls by itself on a narrow screen; columns from `numbersFrom` on hold numbers. */
export function Table({
  head,
  rows,
  numbersFrom = 1,
}: {
  head: readonly string[];
  rows: readonly (readonly ComponentChildren[])[];
  numbersFrom?: number;
}): JSX.Element {
  const classOf = (i: number): string | undefined => (i >= numbersFrom ? "number" : undefined);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={head.join(", ")}>
      <table>
        <thead>
          <tr>
            {head.map((text, i) => (
              <th scope="col" class={classOf(i)}>
                {text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells) => (
            <tr>
              {cells.map((text, i) => (
                <td class={classOf(i)}>{text}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
