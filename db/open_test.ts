/** Tests of what database errors mean to callers. */
import assert from "node:assert/strict";
import { isRejection, Rejection } from "../domain/errors.ts";
import { patiently, translate } from "./open.ts";

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

Deno.test("[O8] work waits for a server that comes back, and is not repeated when it was sent", async () => {
  let tries = 0;
  const third = () => {
    tries += 1;
    return tries < 3 ? Promise.reject(failure("ECONNREFUSED")) : Promise.resolve("done");
  };
  assert.equal(await patiently(third), "done");
  tries = 0;
  const cut = () => {
    tries += 1;
    return Promise.reject(failure("CONNECTION_CLOSED"));
  };
  await assert.rejects(patiently(cut), (error) => isRejection(error, "unavailable"));
  assert.equal(tries, 1);
  const never = () => Promise.reject(failure("ECONNREFUSED"));
  await assert.rejects(patiently(never, 150), (error) => isRejection(error, "unavailable"));
});
