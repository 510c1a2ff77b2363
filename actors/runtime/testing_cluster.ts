/** For tests: several systems as one cluster, on a clock that is moved by hand. */
import { inProcessBus } from "./bus.ts";
import { memoryClaims } from "./claims.ts";
import { joinMembers, type Members } from "./members.ts";
import {
  type FakeClock,
  fakeClock,
  memoryReminders,
  type TestSystem,
  testSystem,
} from "./testing.ts";
import { type FaultyBus, faultyBus } from "./testing_nodes.ts";

/** A node of a {@linkcode testCluster}. */
export interface ClusterNode extends TestSystem {
  readonly bus: FaultyBus;
  readonly members: Members;
  /** Ends it as `kill -9` does: its connection closes, and nobody lets go of anything. */
  kill(): Promise<void>;
}

export interface TestCluster extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly claims: ReturnType<typeof memoryClaims>;
  readonly nodes: readonly ClusterNode[];
}

/** Makes nodes `a`, `b`, … that know each other. */
export async function testCluster(many = 2, random?: () => number): Promise<TestCluster> {
  const clock = fakeClock(random);
  const reminders = memoryReminders(clock);
  const between = inProcessBus({ clock });
  const claims = memoryClaims();
  const nodes = Array.from({ length: many }, (_, n): ClusterNode => {
    const bus = faultyBus(between, clock);
    const members = joinMembers({ bus, clock, id: String.fromCharCode(97 + n) });
    const test = testSystem({ clock, reminders, cluster: { bus, claims, members } });
    return {
      ...test,
      bus,
      members,
      async kill() {
        bus.cut(true); // before its end, of which nobody hears
        await bus[Symbol.asyncDispose]();
        members[Symbol.dispose]();
      },
    };
  });
  await clock.advance(0);
  return {
    clock,
    claims,
    nodes,
    async [Symbol.asyncDispose]() {
      for (const { end, members, bus } of nodes) {
        await end();
        members[Symbol.dispose]();
        await bus[Symbol.asyncDispose]();
      }
      await between[Symbol.asyncDispose]();
      await claims[Symbol.asyncDispose]();
    },
  };
}
