import { Logger, run, type Runner, type TaskList } from "graphile-worker";
import type { Task } from "./jobs.js";

/** Runs jobs until it is stopped. Errors are reported by the task's name alone: payloads and messages may speak of people. */
export async function startJobs(
  workerUrl: string,
  tasks: readonly Task[],
  report: (line: string) => void,
): Promise<Runner> {
  const taskList: TaskList = Object.fromEntries(
    tasks.map((task) => [
      task.name,
      async (payload: unknown) => {
        try {
          await task.run(payload as Record<string, string>);
        } catch (error) {
          report(
            `job ${task.name} will be tried again: ${error instanceof Error ? error.name : "unknown error"}${error instanceof Error ? ` (${codeOf(error)})` : ""}`,
          );
          throw error;
        }
      },
    ]),
  );
  const silent = new Logger(() => () => undefined);
  return run({
    connectionString: workerUrl,
    taskList,
    concurrency: 4,
    maxPoolSize: 6,
    pollInterval: 1000,
    noHandleSignals: true,
    logger: silent,
  });
}

function codeOf(error: Error): string {
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? code : "no code";
}
