import { match, throws } from "node:assert/strict";
import { demandSame, type KeyPrints, KeysDiffer } from "./key_prints.ts";

const PRINTS: KeyPrints = { node: "a", jwt: "j1", encryption: "e1", encryptionPrevious: null };

/** What is said to a node that has these, by one that has {@linkcode PRINTS} but for `theirs`. */
function refused(ours: Partial<KeyPrints>, theirs: Partial<KeyPrints> = {}): string {
  let message = "";
  throws(() => demandSame({ ...PRINTS, ...ours }, { ...PRINTS, ...theirs }), (error) => {
    message = error instanceof KeysDiffer ? error.message : "";
    return true;
  });
  return message;
}

Deno.test("[O2] a node joins with the same keys, and is told which are not", () => {
  demandSame({ ...PRINTS, node: "b" }, PRINTS);
  match(refused({ jwt: "j2" }), /^JWT_PRIVATE_KEY of this node differ from those of node a/);
  match(refused({ encryption: "e2" }), /^ENCRYPTION_KEY of this node/);
  match(refused({ jwt: "j2", encryption: "e2" }), /^JWT_PRIVATE_KEY and ENCRYPTION_KEY/);
});

Deno.test("[O2] while ENCRYPTION_KEY is changed, nodes with the new and the old one get on", () => {
  const changed = { encryption: "e2", encryptionPrevious: "e1" };
  demandSame({ ...PRINTS, ...changed }, PRINTS);
  demandSame(PRINTS, { ...PRINTS, ...changed });
  match(refused({ encryption: "e3", encryptionPrevious: "e2" }), /ENCRYPTION_KEY/);
});
