/** What a request of tus does to an upload of the caller, by one writer at a time (U3). */
import type { Context } from "hono";
import { isRejection, Rejection } from "../domain/errors.ts";
import { parseChecksum } from "../domain/uploads.ts";
import type { Incoming } from "../media/upload_pieces.ts";
import { causeOf } from "./cause.ts";
import { signedIn } from "./endpoint.ts";
import type { AppEnv } from "./env.ts";
import type { Place } from "./intake.ts";
import { readInPlace } from "./multipart.ts";
import type { Found, ResumableUploads } from "./resumable_uploads.ts";
import {
  answerTus,
  demandVersion,
  methodOf,
  OFFSET_STREAM,
  type TusTarget,
  VERSION,
} from "./tus.ts";

const PATH = "/api/v1/uploads";

export interface TusUploads {
  /** Answers a POST that makes an upload, perhaps with bytes of it. */
  begin(c: Context<AppEnv>, place: Place): Promise<Response>;
  /** Answers HEAD, PATCH and DELETE. */
  answer(c: Context<AppEnv>, id: string): Promise<Response>;
}

/** Refuses what goes on after the announced end. */
function atMost(bytes: number, source: Incoming): Incoming {
  let left = bytes;
  return {
    cancel: source.cancel,
    async read() {
      const chunk = await source.read();
      left -= chunk?.byteLength ?? 0;
      if (left < 0) throw new Rejection("too_large", "More bytes came than Upload-Length says");
      return chunk;
    },
  };
}

export function tusUploads(uploads: ResumableUploads): TusUploads {
  /** The upload, unless it takes no more requests. */
  async function meant(c: Context<AppEnv>, id: string, method: string): Promise<Found | undefined> {
    if (method === "DELETE") return undefined; // also what cannot be finished can be ended
    const found = await uploads.find(signedIn(c), id);
    if (found.failure) {
      const { code, detail } = found.failure;
      // who asks where to go on is to begin anew
      throw method === "PATCH" ? new Rejection(code, detail) : new Rejection("not_found");
    }
    return found;
  }

  async function run(
    c: Context<AppEnv>,
    { id, method, place, found: known }: {
      id: string;
      method: string;
      place?: Place;
      found?: Found | undefined;
    },
  ): Promise<Response> {
    const user = signedIn(c);
    const request = c.req.raw;
    const given = request.headers.get("Upload-Checksum");
    const checksum = given === null ? undefined : parseChecksum(given);
    let found = known;
    const takesBytes = place !== undefined || (method === "PATCH" && found?.status === "receiving");
    using hold = takesBytes ? await uploads.holds.take(id) : undefined;
    let length = 0;
    let writing: Promise<number> | undefined;
    const target: TusTarget = {
      id,
      create: async (upload) => {
        if (place) await uploads.create(user, place, { ...upload, cause: causeOf(c) });
        length = upload.length;
      },
      find: async () => {
        found = await uploads.find(user, id);
        length = found.length;
        return found;
      },
      async write(offset) {
        const { body } = request;
        if (!hold || !body || offset === found?.length) return offset; // nothing can come
        const source = atMost(length - offset, readInPlace(body));
        const piece = { id, offset, source, checksum, open: () => uploads.open(id) };
        return await (writing = uploads.pieces.append(piece, hold));
      },
      remove: () => uploads.remove(user, id),
      finish: async () => void (found = await uploads.finish(id)),
    };
    try {
      const answer = await answerTus(request, PATH, target);
      if (method !== "DELETE") tell(c, found ?? await uploads.find(user, id));
      return c.newResponse(answer.body, answer);
    } catch (error) {
      // the library knows a write that failed only as a stream that ended
      await writing?.catch((ours) => {
        if (!isRejection(ours, "upload_interrupted") || !isRejection(error)) throw ours;
      });
      throw error;
    } finally {
      await Promise.allSettled([writing]); // the hold ends after the last write, never before
    }
  }

  /** Headers of ours beside the protocol's. */
  function tell(c: Context<AppEnv>, upload: Found): void {
    if (upload.status === "receiving") {
      c.header("Upload-Expires", uploads.expiresAt(upload).toUTCString());
    }
    if (upload.status === "accepted") c.header("Veza-Track-Id", upload.trackId);
    if (upload.duplicateOf) c.header("Veza-Duplicate-Of", upload.duplicateOf.id);
  }

  /** On refusals too; and no step is taken for who speaks another version. */
  function greet(c: Context<AppEnv>): void {
    for (const name of ["Tus-Resumable", "Tus-Version"]) c.header(name, VERSION);
    demandVersion(c.req.raw);
  }

  return {
    async begin(c, place) {
      greet(c);
      const id = place.uploadId;
      try {
        return await run(c, { id, method: "POST", place });
      } catch (error) {
        if (await uploads.forget(id)) throw error; // nobody was told where it is
        // what failed came after it had become a track: sent again, it would be there twice
        const found = await uploads.find(signedIn(c), id);
        tell(c, found);
        return c.body(null, 201, {
          Location: `${PATH}/${id}`,
          "Upload-Offset": String(found.length),
        });
      }
    },
    async answer(c, id) {
      greet(c);
      const method = methodOf(c.req.raw);
      if (method === "PATCH" && c.req.header("Content-Type") !== OFFSET_STREAM) {
        throw new Rejection("unsupported_type", `Bytes are sent as ${OFFSET_STREAM}`);
      }
      return await run(c, { id, method, found: await meant(c, id, method) });
    },
  };
}
