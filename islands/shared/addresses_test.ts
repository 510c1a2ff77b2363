/** Tests of addresses with tokens (U14). */
import { equal } from "node:assert/strict";
import { withField, withoutToken, withTokenOf } from "./addresses.ts";

Deno.test("[U14] a field joins what an address has, and replaces its own", () => {
  equal(withField("/a/waveform", "points", 250), "/a/waveform?points=250");
  equal(withField("/a/waveform?t=x.y", "points", 250), "/a/waveform?t=x.y&points=250");
  equal(withField("https://cdn.example/a?size=96", "size", 320), "https://cdn.example/a?size=320");
});

Deno.test("[U14] a new token takes the place of the old one, on whatever site the file lies", () => {
  const fresh = "/api/v1/tracks/1/stream/master.m3u8?t=new.g.sig";
  equal(
    withTokenOf(fresh, "https://cdn.example/s/seg.m4s?t=old"),
    "https://cdn.example/s/seg.m4s?t=new.g.sig",
  );
  equal(withTokenOf(fresh, "/s/seg.m4s"), "/s/seg.m4s?t=new.g.sig");
  equal(withTokenOf("/public.m3u8", "/s/seg.m4s"), "/s/seg.m4s");
  equal(withoutToken("/a/waveform?t=x&points=3"), "/a/waveform?points=3");
  equal(withoutToken("/a/waveform"), "/a/waveform");
});
