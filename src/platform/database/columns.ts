import { Column, type ColumnOptions } from "typeorm";

const asBigInt = {
  to: (value: bigint | null | undefined) => value?.toString() ?? value,
  from: (value: string | null) => (value === null ? null : BigInt(value)),
};

/** Minor units, or any other bigint: node-postgres hands bigint over as text. */
export function BigIntColumn(options: ColumnOptions = {}): PropertyDecorator {
  return Column({ ...options, type: "bigint", transformer: asBigInt });
}
