/** How much of one's storage is used, and whether one more file fits. */
import { signal } from "@preact/signals";
import type { Quota } from "../../domain/quotas.ts";
import { fetchQuota } from "./client.ts";
import { isUnsent, uploads } from "./state.ts";

/** Null before it is known. */
export const quota = signal<Quota | null>(null);

/** Bytes that are on their way and not counted by the server yet. */
const onTheirWay = () =>
  uploads.value.filter((one) => isUnsent(one) || one.standing.kind === "paused")
    .reduce((sum, { file }) => sum + file.size, 0);

/** Bytes that are left for one more file; Infinity without a limit. */
export function room(): number {
  const { usedBytes, limitBytes } = quota.value ?? { usedBytes: 0, limitBytes: null };
  return limitBytes === null ? Infinity : Math.max(0, limitBytes - usedBytes - onTheirWay());
}

/** Asks anew, after something was added or removed. */
export function refreshQuota(): void {
  fetchQuota().then((fresh) => void (quota.value = fresh), () => {
    // what was known is shown on; the server decides anyway
  });
}
