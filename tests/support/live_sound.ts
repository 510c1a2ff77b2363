/** What a listener of a live stream heard, as a file. */
import { decodeFrame } from "../../domain/live_frames.ts";
import { OpusMux } from "../../media/live/ogg_opus.ts";

/** Writes the frames that came by a socket as Ogg Opus. */
export async function framesToFile(
  file: string,
  frames: readonly Uint8Array[],
): Promise<void> {
  const mux = new OpusMux({ channels: 2, serial: 1 });
  const pages = [
    ...mux.heads([], 0),
    ...frames.flatMap((bytes) => {
      const frame = decodeFrame(bytes);
      if (!frame) throw new Error(`${bytes.length} bytes are no frame`);
      return mux.push(frame.packet, frame.samples);
    }),
    ...mux.flush(true),
  ];
  await Deno.writeFile(file, new Uint8Array(await new Blob(pages as BlobPart[]).arrayBuffer()));
}
