import { deepEqual, equal } from "node:assert/strict";
import { Quotas, UploadLimits } from "./role_settings.ts";

Deno.test("[O3] QUOTA_BYTES is off, or sizes by role", () => {
  deepEqual(Quotas.parse(undefined), {});
  equal(Quotas.parse("off"), "off");
  deepEqual(Quotas.parse("user=10GiB, creator=2TB,admin=off,moderator=512B"), {
    user: 10 * 1024 ** 3,
    creator: 2e12,
    admin: null,
    moderator: 512,
  });
  for (
    const bad of ["10GiB", "user=10", "user=10 GiB", "guest=1GB", "user=-1GB", "user=1.5GB", "on"]
  ) equal(Quotas.safeParse(bad).success, false, bad);
});

Deno.test("[O3] UPLOAD_LIMITS are sizes and lengths by role", () => {
  deepEqual(UploadLimits.parse(undefined), {});
  deepEqual(UploadLimits.parse("user=500MiB/30m,creator=2GB/2h"), {
    user: { maxBytes: 500 * 1024 ** 2, maxSeconds: 1_800 },
    creator: { maxBytes: 2e9, maxSeconds: 7_200 },
  });
  for (
    const bad of ["user", "user=2GiB", "user=/2h", "user=2GiB/2", "singer=1GB/1h", "user=2G/1h"]
  ) equal(UploadLimits.safeParse(bad).success, false, bad);
});
