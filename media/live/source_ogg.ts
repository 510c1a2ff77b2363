/**
 * Reads Ogg: Opus passes through, Vorbis is transcoded once. A new title ends one logical stream and
 * begins the next (a chain, RFC 3533, 4): the sound goes on.
 */
import { Rejection } from "../../domain/errors.ts";
import { OggPackets, type OggPage, OggPages } from "./ogg.ts";
import { opusSamples } from "../../domain/live_frames.ts";
import { isOpusHead, isOpusTags, readOpusHead } from "./ogg_opus.ts";
import type { Input, Outlet } from "./outlet.ts";
import { MADE_FRAME } from "./source_framed.ts";
import { titleOf } from "./tags.ts";
import type { Transcoder } from "./transcoder.ts";
import { isVorbisHead, readVorbisHead, VorbisReader } from "./vorbis.ts";

/** One logical stream. */
interface Link {
  readonly serial: number;
  page(page: OggPage): Promise<void>;
  end(): Promise<void>;
}

/** The largest packet, in bytes: tags may carry a picture. */
const PACKET_MOST = 1024 ** 2;
/** What may be no page, in bytes; a page makes up for as much as it has. */
const MOST_NOISE = 1024 ** 2;
/** The heads of a stream, in bytes: three of Vorbis at the most. */
const MOST_HEADS = 3 * PACKET_MOST;
/** Bytes before the comments: `OpusTags`, or 3 and `vorbis`. */
const OPUS_COMMENTS = 8;
const VORBIS_COMMENTS = 7;

export function oggInput(outlet: Outlet): Input {
  const pages = new OggPages();
  let link: Link | undefined;
  let noise = 0;

  return {
    async write(chunk) {
      const skipped = pages.skipped;
      for (const page of pages.push(chunk)) {
        noise = Math.max(0, noise - page.bytes.length);
        if (page.isFirst) {
          const next = isOpusHead(page.body) ? opusLink(outlet, page) : vorbisLink(outlet, page);
          if (next) await link?.end();
          link = next ?? link;
        } else if (!link) {
          throw new Rejection("unsupported_type", "In this Ogg is neither Opus nor Vorbis");
        }
        if (page.serial === link?.serial) await link.page(page);
      }
      noise += pages.skipped - skipped;
      if (noise > MOST_NOISE) {
        throw new Rejection("not_audio", `There is no page in ${MOST_NOISE} bytes`);
      }
    },
    end: async () => await link?.end(),
  };
}

/** Pages that a decoder which begins later needs first. */
function keptHeads() {
  const pages: Uint8Array[] = [];
  let size = 0;
  return {
    pages: pages as readonly Uint8Array[],
    /** @throws {Rejection} `not_audio` when they are more than heads can be */
    keep({ bytes }: OggPage): void {
      size += bytes.length;
      if (size > MOST_HEADS) throw new Rejection("not_audio", "The heads of the stream never end");
      pages.push(bytes);
    },
  };
}

/** Opus; with a gain, or with more than two channels, it has to be made anew. */
function opusLink(outlet: Outlet, first: OggPage): Link {
  const head = readOpusHead(first.body);
  if (!head) throw new Rejection("not_audio", "The head of the Opus stream is damaged");
  const channels = head.channels === 1 ? 1 : 2;
  const packets = new OggPackets(PACKET_MOST);
  const heads = keptHeads();
  let hasSound = false;
  let maker: Transcoder | undefined;
  if (head.family !== 0 || head.gain !== 0) {
    maker = outlet.transcode({ form: "ogg", channels, preamble: () => heads.pages });
  }
  return {
    serial: first.serial,
    async page(page) {
      for (const { data } of packets.push(page)) {
        if (isOpusHead(data) || isOpusTags(data)) {
          const title = isOpusTags(data) && titleOf(data, OPUS_COMMENTS);
          if (title) outlet.title(title);
          continue;
        }
        const samples = opusSamples(data);
        hasSound = true;
        if (samples === undefined) {
          outlet.refused();
          continue;
        }
        const frameSamples = maker ? MADE_FRAME : samples;
        await outlet.begin({ codec: "opus", channels, frameSamples }, maker !== undefined);
        if (maker) continue;
        outlet.original(data, samples);
        outlet.opus(data, samples);
      }
      await maker?.write(page.bytes);
      // only those: a fresh decoder begins in the middle
      if (maker && !hasSound) heads.keep(page);
    },
    end: async () => await maker?.end(),
  };
}

function vorbisLink(outlet: Outlet, first: OggPage): Link | undefined {
  if (!isVorbisHead(first.body)) return undefined; // another may come beside it
  const { channels: told, sampleRate: rate } = readVorbisHead(first.body);
  const channels = told === 1 ? 1 : 2;
  const reader = new VorbisReader();
  const preamble = keptHeads();
  let begun = false;
  let maker: Transcoder | undefined;
  return {
    serial: first.serial,
    async page(page) {
      const { heads, packets } = reader.push(page);
      if (heads) {
        const title = titleOf(heads[1]!, VORBIS_COMMENTS);
        if (title) outlet.title(title);
        const headers = [...heads];
        await outlet.begin({ codec: "vorbis", channels, frameSamples: MADE_FRAME, rate, headers });
        begun = true;
      }
      for (const { data, samples } of packets) outlet.original(data, samples);
      maker ??= outlet.transcode({ form: "ogg", channels, preamble: () => preamble.pages });
      await maker.write(page.bytes);
      if (!begun || heads) preamble.keep(page);
    },
    async end() {
      for (const { data, samples } of reader.end()) outlet.original(data, samples);
      await maker?.end();
    },
  };
}
