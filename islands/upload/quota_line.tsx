/** How much of one's storage is used: a quiet line, and a warning when little is left. */
import { formatBytes, stepOf } from "../../domain/i18n/format.ts";
import type { Quota } from "../../domain/quotas.ts";
import { language, t } from "../shared/words.ts";

/** From here on the line warns, as a part of the whole. */
const NEAR = 0.9;

export function QuotaLine({ usedBytes, limitBytes }: Quota) {
  if (limitBytes === null) return null; // nothing to watch
  const words = t().upload;
  const size = (bytes: number) => formatBytes(bytes, language(), stepOf(limitBytes));
  const free = Math.max(0, limitBytes - usedBytes);
  const near = usedBytes >= limitBytes * NEAR;
  return (
    <div class={near ? "quota quota-near" : "quota"}>
      <progress
        max={limitBytes || 1}
        value={Math.min(usedBytes, limitBytes)}
        aria-label={words.quota(size(usedBytes), size(limitBytes))}
      />
      <p>{words.quota(size(usedBytes), size(limitBytes))}</p>
      {near && <p class="trouble">{free === 0 ? words.quotaFull : words.quotaNear(size(free))}</p>}
    </div>
  );
}
