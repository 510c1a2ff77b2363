/** An ffmpeg that fails on purpose: which way, the uploaded file says itself. */
import { ffmpegMakes } from "./audio.ts";
import { temporary } from "./processes.ts";

/** How it fails: shell commands in the place of the program, at one step of the pipeline. */
export interface Fault {
  /** `probe` is ffprobe; the others are told apart by what ffmpeg is to write, and where to. */
  readonly at: "probe" | "measure" | "draw" | "encode";
  readonly script: string;
}

export interface StubFfmpeg extends AsyncDisposable {
  /** As FFMPEG has it; its ffprobe is beside it. */
  readonly path: string;
  /** A second of sound that meets `fault`. */
  song(fault: string): Promise<Uint8Array<ArrayBuffer>>;
}

/** `ffmpeg` and `ffprobe` that are the system's, but for files made to meet one of `faults`. */
export async function stubFfmpeg(faults: Readonly<Record<string, Fault>>): Promise<StubFfmpeg> {
  const folder = await temporary();
  const cases = (probing: boolean) =>
    Object.entries(faults).filter(([, { at }]) => (at === "probe") === probing)
      .map(([name, { at, script }]) => `  ${name}.${probing ? "*" : at}) ${script} ;;`).join("\n");
  for (const program of ["ffmpeg", "ffprobe"]) {
    const text = `#!/bin/sh
real=$(command -v ${program})
step=measure
for word in "$@"; do
  case $word in
    file:*) input=\${word#file:} ;;
    hls) step=encode ;;
    pipe:1) step=draw ;;
  esac
done
fault=
# the tag is near the start of the file, and there is no input when it is asked for its version
if [ -n "\${input-}" ]; then
  fault=$(grep -a -o -m 1 'fault=[a-z-]*' "$input" | head -n 1)
fi
case \${fault#fault=}.$step in
${cases(program === "ffprobe")}
esac
exec "$real" "$@"
`;
    await Deno.writeTextFile(`${folder.path}/${program}`, text, { mode: 0o755 });
  }
  // the parent of a mkdtemp folder is closed to others; who runs the node may be one
  await Deno.chmod(folder.path, 0o755);
  return {
    path: `${folder.path}/ffmpeg`,
    song: (fault) =>
      ffmpegMakes("wav", [
        ...["-f", "lavfi", "-i", "sine=d=1", "-metadata", `comment=fault=${fault};`],
      ]),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
