import { memoryClaims } from "../../actors/runtime/claims.ts";
import { claimsContract } from "./claims_contract.ts";

claimsContract("in memory", () => {
  const claims = memoryClaims();
  return Promise.resolve({
    near: claims,
    far: claims,
    lose: () => Promise.resolve(claims.lose()),
    [Symbol.asyncDispose]: () => claims[Symbol.asyncDispose](),
  });
});
