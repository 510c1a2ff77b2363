import { inProcessBus } from "../../actors/runtime/bus.ts";
import { systemClock } from "../../actors/runtime/clock.ts";
import { faultyBus } from "../../actors/runtime/testing_nodes.ts";
import { busContract } from "./bus_contract.ts";

busContract("in process", () => {
  const bus = inProcessBus({ onError: () => {} });
  return Promise.resolve({
    near: bus,
    far: bus,
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  });
});

// the bus of the test kit, as long as it is told no faults
busContract("between test nodes", () => {
  const between = inProcessBus({ onError: () => {} });
  const [near, far] = [faultyBus(between, systemClock), faultyBus(between, systemClock)];
  return Promise.resolve({
    near,
    far,
    async [Symbol.asyncDispose]() {
      for (const bus of [near, far, between]) await bus[Symbol.asyncDispose]();
    },
  });
});
