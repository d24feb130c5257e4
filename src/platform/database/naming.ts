import { DefaultNamingStrategy } from "typeorm";

/** `fundId` in TypeScript is `fund_id` in SQL, for every column. */
export class SnakeCaseNames extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string): string {
    return customName || propertyName.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  }
}
