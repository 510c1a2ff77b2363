/** Renditions of a ladder as parts that other workers may take, and what doing one takes (U10). */
import type { PartState } from "../domain/job_parts.ts";
import type { Job, RenditionOutcome } from "./job.ts";
import type { Rendition } from "./plan.ts";
import type { Offer } from "./spread.ts";

/** All that a worker has to know to encode a rendition. Plain data: it goes through the database. */
export interface RenditionWork {
  readonly rendition: Rendition;
  readonly sourceKey: string;
  /** The folder of the attempt; a rendition has one of its own in it. */
  readonly prefix: string;
  readonly gainDb: number;
  readonly maxSeconds: number;
}

interface Offering {
  readonly subject: string;
  readonly attempt: number;
}

/** The rows of parts, as who offers them needs them; `db/job_parts.ts` has them. */
export interface OfferRows {
  offer(
    offering: Offering,
    parts: readonly { readonly id: string; readonly work: RenditionWork }[],
  ): Promise<boolean>;
  look(offering: Offering): Promise<PartState<RenditionOutcome>[]>;
  keep(ids: readonly string[]): Promise<{ id: string; taken: number }[]>;
  withdraw(offering: Offering): Promise<void>;
}

/** What is offered, by the ids of the parts. */
export interface Offered extends AsyncDisposable {
  readonly offer: Offer<RenditionOutcome>;
  readonly renditions: ReadonlyMap<string, Rendition>;
}

/**
 * Offers renditions; null where that could not be done, or nothing is known of it. Then all of them
 * are to be done here, in folders that no helper has.
 */
export type OfferRenditions = (
  job: Job,
  of: Omit<RenditionWork, "rendition" | "sourceKey" | "prefix" | "maxSeconds">,
  renditions: readonly Rendition[],
) => Promise<Offered | null>;

/**
 * While the database is away nothing is known of parts, and nothing follows: the job itself is lost
 * after as long as a part is.
 *
 * @param call tells the other workers that there is something to take
 */
export function offering({ rows, call, newId, warn }: {
  readonly rows: OfferRows;
  readonly call: () => void;
  readonly newId: () => string;
  readonly warn: (message: string, details: Record<string, unknown>) => void;
}): OfferRenditions {
  const known = async <T>(asked: Promise<T[]>): Promise<T[]> => {
    try {
      return await asked;
    } catch (error) {
      warn("nothing is known of the parts of a ladder", { error });
      return [];
    }
  };
  /** What stays goes with the next attempt, or with the job. */
  const withdraw = (offered: Offering) =>
    rows.withdraw(offered).catch((error) => warn("parts of a ladder stay", { error }));
  return async (job, of, renditions) => {
    const { uploadId: subject, attempt, sourceKey, outputPrefix: prefix, maxSeconds } = job;
    const offered = { subject, attempt };
    const parts = renditions.map((rendition) => ({
      id: newId(),
      work: { rendition, sourceKey, prefix, maxSeconds, ...of },
    }));
    try {
      if (!await rows.offer(offered, parts)) return null;
    } catch (error) {
      warn("a ladder could not be offered to other workers", { upload: subject, error });
      // it may stand all the same, with its answer lost: nobody has to work in vain
      withdraw(offered);
      return null;
    }
    call();
    const offer: Offer<RenditionOutcome> = {
      look: () => known(rows.look(offered)),
      keep: (ids) => known(rows.keep(ids)),
      [Symbol.asyncDispose]: () => withdraw(offered),
    };
    return {
      offer,
      renditions: new Map(parts.map(({ id, work }) => [id, work.rendition])),
      [Symbol.asyncDispose]: () => offer[Symbol.asyncDispose](),
    };
  };
}
