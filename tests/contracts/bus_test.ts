import { inProcessBus } from "../../actors/runtime/bus.ts";
import { busContract } from "./bus_contract.ts";

busContract("in process", () => {
  const bus = inProcessBus({ onError: () => {} });
  return Promise.resolve({
    near: bus,
    far: bus,
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  });
});
