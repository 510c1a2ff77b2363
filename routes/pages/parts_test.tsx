/** What a refusal is called in a page. */
import { equal, match } from "node:assert/strict";
import { Rejection } from "../../domain/errors.ts";
import { words } from "../../domain/i18n/mod.ts";
import type { View } from "./context.ts";
import { sayRejection } from "./parts.tsx";

const say = (language: "en" | "fr", rejection: Rejection) =>
  sayRejection({ language, t: words(language) } as View, rejection);

Deno.test("[W1] who asked too often is told how long to wait, in the page's language", () => {
  const limited = (ms: number) => new Rejection("rate_limited", "in ms", { retryAfterMs: ms });
  equal(say("en", limited(3_727_000)), "Too many tries. Try again in 1 hour 3 minutes.");
  // the spaces of French figures are no common ones
  match(
    say("fr", limited(3_727_000)),
    /^Trop d’essais\. Réessayez dans 1\sheure 3\sminutes\.$/,
  );
  equal(say("en", limited(9_000)), "Too many tries. Try again in 9 seconds.");
});

Deno.test("[W1] a refusal without a detail of its own has the dictionary's sentence", () => {
  const pending = new Rejection("approval_pending");
  equal(say("en", pending), words("en").problems.approval_pending);
  equal(say("en", new Rejection("not_found", "No track 7")), "No track 7.");
  equal(say("fr", new Rejection("not_found", "No track 7")), words("fr").problems.not_found);
});
