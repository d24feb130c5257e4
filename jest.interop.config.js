import { shared } from "./jest.config.js";

export default { ...shared, testMatch: ["<rootDir>/test/interop/**/*.test.ts"] };
