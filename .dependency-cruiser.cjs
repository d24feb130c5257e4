// Who may import whom, floor by floor (docs/architecture.md). A room may import itself and what its row names; arrows go down only.
const MAY_IMPORT = {
  kernel: [],
  platform: ["kernel"],
  pages: ["kernel", "platform"],
  ledger: ["kernel", "platform"],
  tlog: ["kernel", "platform"],
  publication: ["kernel", "platform", "ledger", "tlog"],
  funds: ["kernel", "platform", "pages", "ledger", "publication"],
  treasurers: ["kernel", "platform", "pages", "ledger", "publication", "funds"],
  donations: ["kernel", "platform", "pages", "ledger", "tlog", "publication", "funds", "treasurers"],
  requests: ["kernel", "platform", "pages", "ledger", "tlog", "publication", "funds", "treasurers"],
  holdings: ["kernel", "platform", "pages", "ledger", "publication", "funds", "treasurers"],
  disbursements: [
    "tlog",
    "kernel",
    "platform",
    "pages",
    "ledger",
    "publication",
    "funds",
    "treasurers",
    "requests",
    "holdings",
  ],
  reconciliation: [
    "kernel",
    "platform",
    "pages",
    "ledger",
    "publication",
    "funds",
    "treasurers",
    "holdings",
    "donations",
  ],
  "open-books": ["kernel", "platform", "pages", "ledger", "tlog", "publication", "funds"],
};

// These run anywhere, so they may reach only pure files: no Nest, no pg, nothing of a server.
const BROWSER_MAY_IMPORT =
  "^src/(browser|kernel|verify)/|^src/tlog/(merkle|note|checkpoint|cosignature|proof|tile|policy)\\.ts$|^src/publication/(entry|entry-format|commitment|cover|draw|evidence|governance|receipt)\\.ts$|^src/treasurers/(statement|software-passkey|wrapped-identity)\\.ts$|^src/requests/(sealing|details|aid-request|code-words|messages/message|relocking/(age-header|relocking))\\.ts$";

/** The verifier runs on a stranger's computer too. */
const VERIFY_MAY_IMPORT =
  "^src/(verify|kernel)/|^src/tlog/(merkle|note|checkpoint|cosignature|proof|tile|policy)\\.ts$|^src/publication/(entry|entry-format|commitment|cover|draw|evidence|governance|receipt)\\.ts$|^src/ledger/transaction\\.ts$|^src/treasurers/statement\\.ts$";

const room = (name) => `^src/${name}/`;
const rooms = Object.keys(MAY_IMPORT);

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    ...Object.entries(MAY_IMPORT).map(([name, below]) => ({
      name: `${name} imports only what is below it`,
      severity: "error",
      from: { path: room(name), pathNot: "\\.spec\\.ts$" },
      to: { path: "^src/", pathNot: [name, ...below].map(room).join("|") },
    })),
    {
      name: "the kernel has no packages",
      severity: "error",
      from: { path: "^src/kernel/", pathNot: "\\.spec\\.ts$" },
      to: { pathNot: "^src/kernel/" },
    },
    {
      name: "the sandbox is reached from main alone",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(sandbox/|main\\.ts$)" },
      to: { path: "^src/sandbox/" },
    },
    {
      name: "the browser imports only pure files",
      severity: "error",
      from: { path: "^src/browser/", pathNot: "\\.spec\\.ts$" },
      to: { path: "^src/", pathNot: BROWSER_MAY_IMPORT },
    },
    {
      name: "verify imports only pure files",
      severity: "error",
      from: { path: "^src/verify/", pathNot: "\\.spec\\.ts$" },
      to: { path: "^src/", pathNot: VERIFY_MAY_IMPORT },
    },
    {
      name: "nothing imports the doors",
      severity: "error",
      from: { path: `^src/(${rooms.join("|")}|browser|verify)/` },
      to: { path: "^src/(main|stand-alone|web|worker|fund-clock|app\\.module)\\.ts$|^src/cli/" },
    },
    {
      name: "every room has its row",
      severity: "error",
      from: { path: "^src/[^/]+/", pathNot: `^src/(${rooms.join("|")}|browser|verify|cli|sandbox)/` },
      to: {},
    },
    { name: "src never imports test", severity: "error", from: { path: "^src/" }, to: { path: "^test/" } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    exclude: { path: "^dist/" },
  },
};
