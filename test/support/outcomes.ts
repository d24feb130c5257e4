import { Refusal } from "../../src/kernel/refusal.js";

/** "done", or the code of the refusal; any other error is told as it is. */
export async function refusalOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "done";
  } catch (error) {
    return error instanceof Refusal ? error.code : (error as Error).message;
  }
}

/** "done", or PostgreSQL's SQLSTATE. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "done";
  } catch (error) {
    return (error as { code?: string }).code ?? (error as Error).message;
  }
}
