/** Where a form may go on to, and what never comes back into the page. */
import { equal, ok } from "node:assert/strict";
import { nextPath, refusedForm } from "./forms.ts";

Deno.test("[S3] a form goes on within this site only", () => {
  equal(nextPath("/library?x=1", "/"), "/library?x=1");
  for (
    const foreign of [
      "https://evil.example",
      "//evil.example",
      "/\\evil.example",
      "\\\\evil.example",
      "javascript:alert(1)",
      "/\t/evil.example",
      "/.//evil.example",
      "",
      undefined,
    ]
  ) equal(nextPath(foreign, "/"), "/", String(foreign));
});

Deno.test("[W1] a refused form keeps what was typed, never the password", () => {
  const form = refusedForm({ login: "ada", password: "secret words" }, {}, "no");
  equal(form.values.login, "ada");
  ok(!JSON.stringify(form).includes("secret words"));
});
