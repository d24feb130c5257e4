import { generateIdentity, identityToRecipient } from "age-encryption";
import { fileKeyIn, headerFor, joined, partsOf, recipientsOf } from "./age-header.js";
import { open, seal } from "../sealing.js";

const person = async (): Promise<{ identity: string; recipient: string }> => {
  const identity = await generateIdentity();
  return { identity, recipient: await identityToRecipient(identity) };
};

test("a file locked anew opens for whoever sits now, by the library, and no longer for whoever left; what is inside is the same bytes", async () => {
  const [ana, ben, chris, dora] = [await person(), await person(), await person(), await person()];
  const file = await seal("Venmo @rosa", [ana.recipient, ben.recipient, chris.recipient]);
  const { header, payload } = partsOf(file);
  expect(recipientsOf(header)).toBe(3);
  expect(joined({ header, payload })).toBe(file);
  const again = headerFor(await fileKeyIn(header, ben.identity), [ana.recipient, ben.recipient, dora.recipient]);
  expect(recipientsOf(again)).toBe(3);
  const relocked = joined({ header: again, payload });
  for (const { identity } of [ana, ben, dora]) expect(await open(relocked, identity)).toBe("Venmo @rosa");
  await expect(open(relocked, chris.identity)).rejects.toThrow();
  expect(Buffer.from(partsOf(relocked).payload).equals(Buffer.from(payload))).toBe(true);
});

test("another key, a changed header and a changed payload are noticed", async () => {
  const [ana, ben] = [await person(), await person()];
  const { header, payload } = partsOf(await seal("Venmo @rosa", [ana.recipient]));
  await expect(fileKeyIn(header, ben.identity)).rejects.toThrow();
  const other = joined({ header: headerFor(new Uint8Array(16).fill(7), [ana.recipient]), payload });
  await expect(open(other, ana.identity)).rejects.toThrow();
  const key = await fileKeyIn(header, ana.identity);
  const good = headerFor(key, [ana.recipient, ben.recipient]);
  const changed = good.replace(/-> X25519 .{43}\n.{43}\n/, "");
  await expect(fileKeyIn(changed, ben.identity)).rejects.toThrow();
});

test.each([
  ["nothing", ""],
  ["another kind of recipient", "age-encryption.org/v1\n-> scrypt xx 18\nabc\n--- " + "A".repeat(43) + "\n"],
  ["words after the end", headerFor(new Uint8Array(16), []) + "more"],
  ["no end", "age-encryption.org/v1\n"],
])("a header is refused: %s", (_name, header) => {
  expect(recipientsOf(header)).toBeNull();
});

test("no age file is no age file", () => {
  expect(() => partsOf("-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n-----END AGE ENCRYPTED FILE-----\n")).toThrow(
    "no age file",
  );
  expect(() => headerFor(new Uint8Array(16), ["age1xyz"])).toThrow();
});
