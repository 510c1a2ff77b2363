import { equal, match, notEqual, rejects } from "node:assert/strict";
import { isRejection } from "../domain/errors.ts";
import { demandStrong, passwordService } from "./passwords.ts";

const anna = { email: "anna.lang@example.org", username: "annalang99" };

Deno.test("[S2] argon2id with OWASP's parameters, salted, checked in a Worker", async () => {
  using passwords = passwordService();
  const [one, two] = await Promise.all([
    passwords.hash("a long password"),
    passwords.hash("a long password"),
  ]);
  match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  notEqual(one, two);
  equal(await passwords.verify("a long password", one), true);
  equal(await passwords.verify("a long passwore", one), false);
  equal(passwords.isOutdated(one), false);
  equal(passwords.isOutdated("$argon2id$v=19$m=4096,t=1,p=1$x$y"), true);
  equal(await passwords.verifyNothing("a long password"), false);
  await rejects(passwords.verify("x", "no hash at all"));
  equal(await passwords.verify("a long password", two), true, "a bad hash does not end the Worker");
});

Deno.test("[S2] common passwords and one's own name are refused", async () => {
  for (const weak of ["1234567890", "Qwertyuiop", "aaaaaaaaaaaa", "annalang99", anna.email]) {
    await rejects(demandStrong(weak, anna), (e) => isRejection(e, "weak_password"), weak);
  }
  await demandStrong("three old brown dogs", anna);
});
