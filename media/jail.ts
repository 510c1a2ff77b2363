/** Pure: the words put before an ffmpeg command to bound it and to shut it in (U11). */

/** What a run may use at most. */
export interface Limits {
  /** CPU time, in seconds. */
  readonly cpuSeconds: number;
  /** Address space, in bytes. ffmpeg 5.1 maps about 0.7 GiB before it does anything. */
  readonly memoryBytes: number;
  /** Size of any one file it writes, in bytes. */
  readonly fileBytes: number;
  /** All that lies in the folder it writes to at one time, in bytes. */
  readonly folderBytes: number;
  /** Wall clock, in seconds. */
  readonly wallSeconds: number;
  /** Without any progress, in seconds (U11). */
  readonly stallSeconds: number;
}

export const LIMITS: Limits = {
  cpuSeconds: 3_600,
  memoryBytes: 2 * 1024 ** 3,
  fileBytes: 64 * 1024 ** 2,
  // More than the lossless rendition of the largest source, were none of it taken away meanwhile.
  folderBytes: 4 * 1024 ** 3,
  wallSeconds: 4 * 3_600,
  stallSeconds: 30,
};

/** Which of the bounding programs work on this machine; found by trial. */
export interface Wrappers {
  readonly nice: boolean;
  readonly prlimit: boolean;
  readonly setpriv: boolean;
  readonly bubblewrap: boolean;
}

export interface Confined {
  /** `ffmpeg` or `ffprobe` found on `path`, or a path to the binary. */
  readonly binary: string;
  readonly args: readonly string[];
  /** Absolute, or null. In the jail it is at {@linkcode JAILED_INPUT}. */
  readonly input: string | null;
  /** Absolute, if there is one. In the jail it is at {@linkcode JAILED_COVER}. */
  readonly cover?: string | null;
  /** Absolute, or null: the only folder that can be written. The working directory. */
  readonly outDir: string | null;
  readonly limits: Limits;
  /** Folders that programs are looked for in, separated by colons. */
  readonly path: string;
}

/** Where the input lies inside the jail. Without an ending: a name proves nothing. */
export const JAILED_INPUT = "/in/source";
/** Where a picture of ours lies beside it. */
export const JAILED_COVER = "/in/cover";

/** Where a file is seen from inside: the jail's fixed name, or the true path without a jail. */
export const seenAt = (
  wrappers: Wrappers,
  path: string,
  jailed: typeof JAILED_INPUT | typeof JAILED_COVER = JAILED_INPUT,
): string => wrappers.bubblewrap ? jailed : path;

/** Folders a program's shared libraries may lie in; those that a system lacks are left out. */
const LIBRARIES = ["/usr", "/lib", "/lib64", "/bin", "/etc/alternatives", "/etc/ld.so.cache"];

/**
 * The whole argument list, program first. Every wrapper replaces itself by the next, so that the
 * process we hold is ffmpeg (or bubblewrap, which takes ffmpeg with it) and ends when we do.
 */
export function confine(wrappers: Wrappers, what: Confined): string[] {
  const { binary, args, input, cover = null, outDir, limits } = what;
  const words: string[] = [];
  // 10: behind the node's own work, before nothing else (U10).
  if (wrappers.nice) words.push("nice", "-n", "10");
  if (wrappers.prlimit) {
    words.push(
      "prlimit",
      // The soft limit says why it ended; the hard one ends what does not listen.
      `--cpu=${limits.cpuSeconds}:${limits.cpuSeconds + 5}`,
      `--as=${limits.memoryBytes}`,
      `--fsize=${limits.fileBytes}`,
      "--core=0",
      "--nofile=256",
      "--",
    );
  }
  if (!wrappers.bubblewrap) {
    if (wrappers.setpriv) words.push("setpriv", "--pdeathsig", "KILL", "--");
    return [...words, binary, ...args];
  }
  words.push("bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL");
  words.push("--clearenv", "--setenv", "PATH", what.path, "--setenv", "LC_ALL", "C");
  for (const folder of LIBRARIES) words.push("--ro-bind-try", folder, folder);
  words.push("--proc", "/proc", "--dev", "/dev");
  const packaged = binary.includes("/");
  if (packaged) words.push("--ro-bind", binary, "/tool");
  if (input !== null) words.push("--ro-bind", input, JAILED_INPUT);
  if (cover !== null) words.push("--ro-bind", cover, JAILED_COVER);
  if (outDir !== null) words.push("--bind", outDir, "/out", "--chdir", "/out");
  return [...words, "--", packaged ? "/tool" : binary, ...args];
}
