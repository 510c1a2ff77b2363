/** An ffmpeg that fails on purpose: which way, the uploaded file says itself. */
import { ffmpegMakes } from "./audio.ts";
import { temporary } from "./processes.ts";

/** `encode` is the rendition that is made first, `ladder` are those that follow. */
type Encoding = "encode" | "ladder";

/** How it fails: shell commands in the place of the program, at one step of the pipeline. */
export interface Fault {
  /** `probe` is ffprobe; the others are told apart by what ffmpeg is to write, and where to. */
  readonly at: "probe" | "measure" | "draw" | Encoding;
  readonly script: string;
}

export interface StubFfmpeg extends AsyncDisposable {
  /** As FFMPEG has it; its ffprobe is beside it. */
  readonly path: string;
  /** Sound that meets `fault`, a second of it unless told. */
  song(fault: string, seconds?: number): Promise<Uint8Array<ArrayBuffer>>;
  /** From now on nothing meets this fault. */
  heal(fault: string): Promise<void>;
}

/** `ffmpeg` and `ffprobe` that are the system's, but for files made to meet one of `faults`. */
export async function stubFfmpeg(faults: Readonly<Record<string, Fault>>): Promise<StubFfmpeg> {
  const folder = await temporary();
  const sick = new Map(Object.entries(faults));
  const write = async () => {
    for (const program of ["ffmpeg", "ffprobe"]) {
      const path = `${folder.path}/${program}`;
      // a shell reads its script while it runs: a new file leaves it the old one
      await Deno.writeTextFile(`${path}.new`, script(program, [...sick]), { mode: 0o755 });
      await Deno.rename(`${path}.new`, path);
    }
  };
  await write();
  // the parent of a mkdtemp folder is closed to others; who runs the node may be one
  await Deno.chmod(folder.path, 0o755);
  return {
    path: `${folder.path}/ffmpeg`,
    song: (fault, seconds = 1) =>
      ffmpegMakes("wav", [
        ...["-f", "lavfi", "-i", `sine=d=${seconds}`, "-metadata", `comment=fault=${fault};`],
      ]),
    async heal(fault) {
      sick.delete(fault);
      await write();
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

function script(program: string, faults: readonly (readonly [string, Fault])[]): string {
  const cases = faults.filter(([, { at }]) => (at === "probe") === (program === "ffprobe"))
    .map(([name, { at, script }]) => `  ${name}.${at}) ${script} ;;`);
  return `#!/bin/sh
real=$(command -v ${program})
step=${program === "ffprobe" ? "probe" : "measure"}
for word in "$@"; do
  case $word in
    file:*) input=\${word#file:} ;;
    pipe:1) step=draw ;;
    hls) step=ladder ;;
  esac
done
# the first rendition: the only one at this rate
case "$step $*" in
  ladder*" -c:a aac -b:a 128000 "*) step=encode ;;
esac
fault=
# the tag is near the start of the file, and there is no input when it is asked for its version
if [ -n "\${input-}" ]; then
  fault=$(grep -a -o -m 1 'fault=[a-z-]*' "$input" | head -n 1)
fi
case \${fault#fault=}.$step in
${cases.join("\n")}
esac
exec "$real" "$@"
`;
}
