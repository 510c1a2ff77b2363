/** Tests of what database errors mean to callers. */
import assert from "node:assert/strict";
import { isRejection, Rejection } from "../domain/errors.ts";
import { translate } from "./outages.ts";

const failure = (code: string, more = {}) => Object.assign(new Error(code), { code, ...more });

Deno.test("[O8] an outage of the database is `unavailable`", () => {
  for (
    const code of [
      "CONNECTION_CLOSED",
      "CONNECT_TIMEOUT",
      "ECONNREFUSED",
      "57P01",
      "57P03",
      "08006",
    ]
  ) {
    assert.ok(isRejection(translate(failure(code)), "unavailable"), code);
  }
  assert.ok(isRejection(translate(failure("ENOENT", { syscall: "connect" })), "unavailable"));
  assert.ok(isRejection(translate(failure("53100")), "disk_full"));
  assert.ok(isRejection(translate(failure("57014")), "timeout"));
});

Deno.test("[O8] what is no outage stays what it was", () => {
  for (const error of [failure("23505"), failure("ENOENT"), new Error("bug"), "thrown text"]) {
    assert.equal(translate(error), error);
  }
  const rejection = new Rejection("not_found");
  assert.equal(translate(rejection), rejection);
});
