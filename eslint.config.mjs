import tseslint from "typescript-eslint";

const banned = (message, ...selectors) => selectors.map((selector) => ({ selector, message }));

const MONEY = banned(
  "Money is bigint minor units: use src/kernel/money.ts.",
  "CallExpression[callee.name='parseFloat']",
  "MemberExpression[object.name='Number'][property.name='parseFloat']",
);
const TIME = banned(
  "Time is handed in: take a Clock or a `now`.",
  "CallExpression[callee.object.name='Date'][callee.property.name='now']",
  "NewExpression[callee.name='Date'][arguments.length=0]",
  "CallExpression[callee.name='Date']",
);
const ENVIRONMENT = banned(
  "Only src/platform/config reads the environment.",
  "MemberExpression[object.name='process'][property.name='env']",
);
const FLOAT = banned(
  "No floating point near money: use mulDivRound and bigint.",
  "MemberExpression[object.name='Math']",
);

export default tseslint.config(
  {
    ignores: ["dist/", "data/", "node_modules/", "coverage/", "**/*.mjs", "jest*.config.js", ".dependency-cruiser.cjs"],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Nest's modules, and rooms that gather constants, are classes without members.
      "@typescript-eslint/no-extraneous-class": ["error", { allowWithDecorator: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/explicit-function-return-type": [
        "error",
        { allowExpressions: true, allowTypedFunctionExpressions: true },
      ],
      // Entities are plain rows: an object literal is one.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
      // Rows that come from SQL are described by the caller: the type argument is the description.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 70, skipBlankLines: true, skipComments: true }],
      "no-restricted-syntax": ["error", ...MONEY, ...TIME, ...ENVIRONMENT],
    },
  },
  {
    files: [
      "src/ledger/**",
      "src/funds/**",
      "src/donations/**",
      "src/disbursements/**",
      "src/publication/**",
      "src/kernel/money.ts",
    ],
    rules: { "no-restricted-syntax": ["error", ...MONEY, ...TIME, ...ENVIRONMENT, ...FLOAT] },
  },
  { files: ["src/pages/languages/**"], rules: { "max-lines": "off" } },
  { files: ["src/kernel/clock.ts"], rules: { "no-restricted-syntax": ["error", ...MONEY, ...ENVIRONMENT] } },
  { files: ["src/platform/config/config.ts"], rules: { "no-restricted-syntax": ["error", ...MONEY, ...TIME] } },
  {
    files: ["test/**", "bench/**", "src/**/*.spec.ts"],
    rules: {
      "no-restricted-syntax": "off",
      "max-lines": "off",
      "max-lines-per-function": "off",
      "@typescript-eslint/explicit-function-return-type": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-explicit-any": "off",
      "@typescript-eslint/no-unnecessary-type-assertion": "off",
    },
  },
);
