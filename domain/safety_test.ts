import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { ROLES } from "./auth.ts";
import { Rejection } from "./errors.ts";
import { type Danger, dangersOf, dangerText, refuseUnsafe } from "./safety.ts";
import { uploadRules } from "./upload_rules.ts";

Deno.test("[U12] every site, jail, build and setting: what speaks against strangers' files", () => {
  let dangerous = 0;
  for (const isPublic of [true, false]) {
    for (const jail of ["bubblewrap", "none"] as const) {
      for (const origin of ["FFMPEG", "PATH", "packaged"] as const) {
        for (const allowed of [true, false]) {
          const wanted: Danger[] = [];
          if (isPublic && !allowed && jail === "none") wanted.push("no_jail");
          if (isPublic && !allowed && origin === "packaged") wanted.push("old_build");
          const found = dangersOf({ isPublic, jail, origin, allowed });
          deepEqual(found, wanted, JSON.stringify({ isPublic, jail, origin, allowed }));
          dangerous += found.length;
        }
      }
    }
  }
  equal(dangerous, 5);
});

Deno.test("[U12] where there is a danger, administrators upload and nobody else", () => {
  const ceiling = { maxBytes: 1, maxSeconds: 1 };
  const rules = (dangers: Danger[]) => uploadRules({ quotas: "off", limits: {}, ceiling, dangers });
  for (const role of ROLES) {
    deepEqual(rules([])([role]).dangers, []);
    deepEqual(rules(["no_jail"])([role]).dangers, role === "admin" ? [] : ["no_jail"], role);
  }
});

Deno.test("[U12] the refusal names each danger, and what ends it", () => {
  refuseUnsafe([]);
  throws(
    () => refuseUnsafe(["no_jail"]),
    (error) =>
      error instanceof Rejection && error.code === "unsafe_media" &&
      /bubblewrap/.test(error.message) && !/2018/.test(error.message),
  );
  const both = dangerText(["no_jail", "old_build"]);
  match(both, /bubblewrap.*2018.*FFMPEG.*ALLOW_UNSAFE_MEDIA=1/);
  ok(!dangerText(["old_build"]).includes("bubblewrap"));
});
