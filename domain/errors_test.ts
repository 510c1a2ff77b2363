import { deepEqual, equal } from "node:assert/strict";
import { ERRORS, Rejection } from "./errors.ts";

Deno.test("[H3] every code has an HTTP status and a close code that exist", () => {
  for (const [code, { status, close, title }] of Object.entries(ERRORS)) {
    equal(status >= 400 && status <= 599, true, code);
    // RFC 6455, 7.4, and the registry of close codes
    equal([1001, 1003, 1008, 1009, 1011, 1012, 1013].includes(close), true, code);
    equal(title.length > 5, true, code);
  }
});

Deno.test("[A11] a rejection crosses a process border as the same class", () => {
  const before = new Rejection("busy", "No room", { retryAfterMs: 50 });
  const after = Rejection.from(JSON.parse(JSON.stringify(before)));
  deepEqual([after.name, after.code, after.message, after.retryAfterMs], [
    "Rejection",
    "busy",
    "No room",
    50,
  ]);
  equal(after instanceof Rejection, true);
});
