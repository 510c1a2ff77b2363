/** Programs and raw connections that send to a node as encoders do. */
import type { LiveView } from "../../domain/live.ts";

/** The port, mount and key of a stream, as its host is shown them. */
export function mountOf({ encoder }: LiveView) {
  if (!encoder) throw new Error("Only its host is shown the stream key");
  const { port, pathname } = new URL(encoder.url);
  return { port: Number(port), mount: pathname, key: encoder.key };
}

/** How ffmpeg sends each form. */
export const FORMS = {
  opus: ["-c:a", "libopus", "-b:a", "96k", "-content_type", "audio/ogg", "-f", "ogg"],
  vorbis: ["-c:a", "libvorbis", "-b:a", "128k", "-content_type", "audio/ogg", "-f", "ogg"],
  mp3: ["-c:a", "libmp3lame", "-b:a", "128k", "-content_type", "audio/mpeg", "-f", "mp3"],
  aac: ["-c:a", "aac", "-b:a", "128k", "-content_type", "audio/aac", "-f", "adts"],
} as const;
export type Form = keyof typeof FORMS;

export interface Encoder extends AsyncDisposable {
  /** What it wrote, once it has ended. */
  readonly ended: Promise<{ readonly code: number; readonly log: string }>;
}

/** Runs a program that sends, until it ends or is disposed of. */
export function encoder(program: string, args: readonly string[]): Encoder {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const ended = child.output().then(({ code, stderr }) => ({
    code,
    log: new TextDecoder().decode(stderr),
  }));
  return {
    ended,
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // it had ended
      }
      await ended;
    },
  };
}

/** ffmpeg as an encoder; `input` in ffmpeg's words, at the pace of a clock. */
export function ffmpegEncoder(
  stream: LiveView,
  form: Form,
  input: readonly string[],
  { realtime = true, more = [] }: { realtime?: boolean; more?: readonly string[] } = {},
): Encoder {
  const { port, mount, key } = mountOf(stream);
  return encoder("ffmpeg", [
    ...["-nostdin", "-hide_banner", "-v", "warning", ...realtime ? ["-re"] : []],
    ...[...input, ...FORMS[form], ...more, `icecast://source:${key}@127.0.0.1:${port}${mount}`],
  ]);
}

/** A raw connection: what is written is what goes out. */
export async function rawEncoder(port: number) {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const decoder = new TextDecoder("latin1");
  let open = true;
  return {
    async write(data: string | Uint8Array) {
      const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
      for (let done = 0; done < bytes.length;) done += await conn.write(bytes.subarray(done));
    },
    /** What is said next; "" when the other side has closed. */
    async hear(): Promise<string> {
      const buffer = new Uint8Array(16_384);
      const count = await conn.read(buffer);
      return count === null ? "" : decoder.decode(buffer.subarray(0, count));
    },
    /** All that is said until the other side closes. */
    async all(): Promise<string> {
      let text = "";
      for (let more = await this.hear(); more !== ""; more = await this.hear()) text += more;
      return text;
    },
    [Symbol.dispose]() {
      if (open) conn.close();
      open = false;
    },
  };
}
