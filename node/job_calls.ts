/**
 * What is called out to all runners: there is a job, or one is not wanted any more. The rows are the
 * truth (A16), so a call that is lost costs time and nothing else: runners look for themselves, and
 * an attempt sees at its next heartbeat that its job has gone.
 */
import type { Bus } from "../actors/runtime/bus.ts";
import { topic } from "../actors/runtime/topic.ts";
import type { Runner } from "../media/jobs.ts";

interface Call {
  /** Who calls, and has done its own part already. */
  readonly from: string;
  /** The subject of a job that is not wanted; null when there is one to take. */
  readonly cancel: string | null;
}

/** The key of the one feed that all runners follow. */
const ALL = "all";

/** @param runner of this process, where it has one. Disposing ends its listening. */
export function jobCalls({ bus, node, runner }: {
  bus: Bus;
  node: string;
  runner: Pick<Runner, "wake" | "cancel"> | undefined;
}) {
  const calls = topic<Call>(bus, "jobs");
  const listening = runner && calls.subscribe(ALL, ({ event: { from, cancel } }) => {
    if (from === node) return;
    if (cancel === null) runner.wake();
    else void runner.cancel(cancel); // it never rejects
  });
  return {
    wake(): void {
      runner?.wake();
      calls.publish(ALL, { from: node, cancel: null });
    },
    async cancel(subject: string): Promise<void> {
      calls.publish(ALL, { from: node, cancel: subject });
      await runner?.cancel(subject);
    },
    [Symbol.dispose]: () => listening?.close(),
  };
}
