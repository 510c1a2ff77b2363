/** Reads what `/metrics` says, and the names that dashboards and alerts ask for. */

/** A metric: the names under which its series are found, and the labels seen on them. */
export interface Exposed {
  readonly names: ReadonlySet<string>;
  /** By the name of a series: those of one that had no value yet are not known. */
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>;
}

const SUFFIXES = { histogram: ["_bucket", "_sum", "_count"], counter: [""], gauge: [""] } as const;

/** What Prometheus' text format has. */
export function exposed(text: string): Exposed {
  const names = new Set<string>();
  for (const [, name = "", type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    for (const suffix of SUFFIXES[type as keyof typeof SUFFIXES]) names.add(name + suffix);
  }
  const labels = new Map<string, Set<string>>();
  for (const [, name = "", list = ""] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const seen = labels.get(name) ?? new Set();
    for (const [, label = ""] of list.matchAll(/(\w+)="/g)) seen.add(label);
    labels.set(name, seen);
  }
  return { names, labels };
}

/** Prometheus gives these to every series, by itself. */
const GIVEN = new Set(["instance", "job"]);
/** What a series of ours is called in an expression: a word before `{`, `[` or an operator. */
const SELECTOR = /\b([a-z]+(?:_[a-z]+)*)(?:\{([^}]*)\}|(?=\[|\)| [/>]|$))/g;
/** Words of the language itself, and what Prometheus makes. */
const WORDS = new Set(["up", "by", "time"]);

/** The series that an expression asks for, each with the labels that it is chosen by. */
export function asked(expression: string): { name: string; labels: string[] }[] {
  const grouped = expression.replaceAll(/\bby \([^)]*\)/g, "");
  return Array.from(grouped.matchAll(SELECTOR), ([, name = "", list = ""]) => ({
    name,
    labels: Array.from(list.matchAll(/(\w+)(?:=~|!~|!=|=)/g), ([, label = ""]) => label)
      .filter((label) => !GIVEN.has(label)),
  })).filter(({ name }) => !WORDS.has(name));
}
