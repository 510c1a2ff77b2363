/** Tests of which migration comes next; on a real database they are in `tests/contracts`. */
import assert from "node:assert/strict";
import { type Migration, MigrationError, nextOf } from "./migrate.ts";

const file = (version: number, checksum = `sum${version}`): Migration => ({
  version,
  name: `step_${version}`,
  text: "select 1",
  checksum,
});

Deno.test("[O6] migrations are applied in the order of their numbers", () => {
  assert.equal(nextOf([file(1), file(2)], [])?.version, 1);
  assert.equal(nextOf([file(1), file(2)], [file(1)])?.version, 2);
  assert.equal(nextOf([file(1), file(2)], [file(1), file(2)]), undefined);
});

Deno.test("[O6] an applied file that was changed is refused in words", () => {
  assert.throws(
    () => nextOf([file(1, "other"), file(2)], [file(1)]),
    new MigrationError(
      "Migration 0001_step_1.sql was changed after it was applied. " +
        "Restore the file, and put the change into a new migration.",
    ),
  );
});

Deno.test("[O6] a database newer than the program is refused in words", () => {
  assert.throws(() => nextOf([file(1)], [file(1), file(2)]), /0002_step_2, .* it is newer/);
});

Deno.test("[O6] a migration slipped in before applied ones is refused", () => {
  assert.throws(() => nextOf([file(1), file(2), file(3)], [file(1), file(3)]), /higher number/);
});
