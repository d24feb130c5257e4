// CommonJS on purpose: native ESM under jest fails with packages that this project uses, so swc turns every module, also those in node_modules.
const swc = [
  "@swc/jest",
  {
    jsc: {
      target: "es2022",
      parser: { syntax: "typescript", tsx: true, decorators: true },
      transform: {
        legacyDecorator: true,
        decoratorMetadata: true,
        react: { runtime: "automatic", importSource: "preact" },
      },
    },
    module: { type: "commonjs" },
    sourceMaps: "inline",
  },
];

export const shared = {
  reporters: ["default", "<rootDir>/.ci/closing-line.mjs"],
  testEnvironment: "node",
  globalSetup: "./test/support/global-setup.mjs",
  globalTeardown: "./test/support/global-teardown.mjs",
  // axe-core looks for its window at `this`, which a transformed module has not.
  transformIgnorePatterns: ["/node_modules/axe-core/"],
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": ["$1", "$1.js"] },
  transform: { "^.+\\.(mjs|jsx?|tsx?)$": swc },
  testTimeout: 60_000,
  maxWorkers: 2,
};

export default {
  ...shared,
  testMatch: [
    "<rootDir>/src/**/*.spec.ts",
    "<rootDir>/test/rooms/**/*.test.ts",
    "<rootDir>/test/journeys/**/*.test.ts",
  ],
};
