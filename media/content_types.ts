/** What a blob is served as, told by the ending of its key. */

const TYPES: Readonly<Record<string, string>> = {
  m3u8: "application/vnd.apple.mpegurl",
  m4s: "audio/mp4",
  mp4: "audio/mp4",
  m4a: "audio/mp4",
  aac: "audio/aac",
  mp3: "audio/mpeg",
  flac: "audio/flac",
  wav: "audio/wav",
  aif: "audio/aiff",
  aiff: "audio/aiff",
  ogg: "audio/ogg",
  opus: "audio/ogg",
  ts: "video/mp2t",
  webp: "image/webp",
  dat: "application/octet-stream",
};

/** The content type for a blob key; unknown endings are plain bytes, so that none is executed. */
export function contentType(key: string): string {
  return TYPES[key.slice(key.lastIndexOf(".") + 1)] ?? "application/octet-stream";
}
