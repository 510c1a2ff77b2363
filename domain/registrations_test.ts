import { equal, throws } from "node:assert/strict";
import { isRejection, type Rejection } from "./errors.ts";
import { admission } from "./registrations.ts";
import { REGISTRATION_MODES, SitePatch } from "./site_settings.ts";

/** What becomes of one who asks: how the account begins, or the code of the refusal. */
function outcome(mode: (typeof REGISTRATION_MODES)[number], reason?: string, isInvited = false) {
  try {
    return admission(mode, { reason, isInvited });
  } catch (error) {
    if (isRejection(error)) return error.code;
    throw error;
  }
}

Deno.test("[S4] each mode lets in those it says, with a reason or an invitation", () => {
  const table = REGISTRATION_MODES.map((mode) =>
    [
      mode,
      outcome(mode),
      outcome(mode, "I sing"),
      outcome(mode, undefined, true),
    ].join(" ")
  );
  equal(
    table.join("\n"),
    [
      "open active active active",
      "approval invalid pending active",
      "invite invite_needed invite_needed active",
      "closed registration_closed registration_closed registration_closed",
    ].join("\n"),
  );
});

Deno.test("[S4] a missing reason is told at its field", () => {
  throws(
    () => admission("approval", { reason: "", isInvited: false }),
    (error: Rejection) => error.errors?.[0]?.path === "reason",
  );
});

Deno.test("[S4] the site's name is one line, and its texts have the line ends that we write", () => {
  for (const name of ["a\nb", "a\u2028b", "\u0000", "  "]) {
    equal(SitePatch.safeParse({ name }).success, false, JSON.stringify(name));
  }
  equal(SitePatch.parse({ name: " Radio Ébène 🎶 " }).name, "Radio Ébène 🎶");
  equal(SitePatch.parse({ rules: "a\r\nb\r\n" }).rules, "a\nb");
});
