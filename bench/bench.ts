/** What a bench declares. Each `bench/<name>_bench.ts` exports one as `bench`, and that is all it takes. */

/** A figure in the unit of its measure, by the measure's key. */
export type Readings<M extends string = string> = Readonly<Record<M, number>>;

/** A bound on our figure, or on our figure divided by a peer's. */
export interface Target {
  /** The name of a contestant; `best`: of the peers the one with the best median. Absent: our own figure. */
  readonly beside?: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** One thing that is measured. */
export interface Measure {
  /** As the table says it, such as `last byte → playable`. */
  readonly title: string;
  /** Such as `ms`, `/s`, `MiB`. */
  readonly unit: string;
  /** Which is the better of two figures. */
  readonly better: "less" | "more";
  readonly targets: readonly Target[];
}

/** Somebody who is measured. */
export interface Contestant<M extends string = string> {
  readonly name: string;
  /**
   * `ours`: what the targets are about. `peer`: who ours is beside. `bound`: what this machine can
   * do at all, told for orientation and never counted as a peer.
   */
  readonly role: "ours" | "peer" | "bound";
  /** Measures once. A contestant may leave out a measure that it does not have. */
  readonly round: () => Promise<Partial<Readings<M>>>;
}

/** What a bench is given to set itself up. */
export interface Stage {
  /** Tiny sizes: only shown to work, the figures mean nothing. */
  readonly short: boolean;
  /** How long a long run takes. */
  readonly minutes: number;
  /** A scratch folder on disk, removed at the end. */
  readonly folder: string;
  /** Keeps what is to be disposed of at the end, the last first. */
  readonly owned: AsyncDisposableStack;
}

export interface Bench<M extends string = string> {
  /** The rule of the specification, such as `P7`. */
  readonly rule: string;
  readonly title: string;
  /** One or two sentences: what is measured, and how. */
  readonly what: string;
  /** Programs that have to be on PATH, beside ffmpeg. */
  readonly tools: readonly string[];
  /** How often each contestant is measured; 5 at least, but for what is `long`. */
  readonly rounds: number;
  /** One long run that looks at itself many times: a median of runs would take hours. */
  readonly long?: true;
  /** Rounds before these that are not counted. */
  readonly warmUps: number;
  readonly measures: Readonly<Record<M, Measure>>;
  /** Sets up; the contestants are measured in this order, again and again. */
  readonly open: (stage: Stage) => Promise<readonly Contestant<M>[]>;
}

/** Gives back what it takes, so that the keys of `measures` are checked against the readings. */
export const defineBench = <M extends string>(bench: Bench<M>): Bench<M> => bench;
