import { isMailAddress } from "./mail.js";

test.each(["ana@example.org", "a.b+c@mail.example.co", "o'neil@example.org", "x@a-b.example"])(
  "%s is an address",
  (text) => {
    expect(isMailAddress(text)).toBe(true);
  },
);

test.each([
  "", "ana", "@example.org", "ana@", "ana@localhost", "ana@example", "ana@example.org,ben@example.org", "ana@example.org ben@example.org", "Ana <ana@example.org>",
  "ana@example.org\r\nBcc: ben@example.org", "ana@example.org\n", "ana\u0000@example.org", '"a b"@example.org', "a..b@example.org", ".a@example.org", "ana@-example.org",
  `${"a".repeat(65)}@example.org`, `ana@${"a.".repeat(150)}org`, "ana@example.org%0aBcc:x@y.zz", "añá@example.org", "ana@[127.0.0.1]",
])("%j is none", (text) => {
  expect(isMailAddress(text)).toBe(false);
}); // prettier-ignore
