/** What a node counts of itself, as Prometheus reads it; the only file that knows prom-client (O10). */
import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** Upper bounds of what HTTP takes, in seconds; the targets are 20, 50 and 100 ms (P4, P5). */
const HTTP_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** The same of the database; past 5 s nobody waits any more (O8). */
const QUERY_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
/** A figure that takes longer is left out of what is told, in ms. */
const PATIENCE_MS = 1_000;
/** Anybody may send any word as a method: others count as one. */
const METHODS: ReadonlySet<string> = new Set([
  ...["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
]);

/** Values by their labels, in the order in which the figure was declared with them. */
export type Labelled = Iterable<readonly [labels: readonly string[], value: number]>;

/** A figure that is looked up when somebody asks for it. Names are Prometheus' own: snake_case. */
export interface Figure {
  readonly name: string;
  /** A sentence, with the unit. */
  readonly help: string;
  /** What it only ever grows by is a `counter`. */
  readonly type?: "gauge" | "counter";
  readonly labels?: readonly string[];
  /** A number where there are no labels. What it throws, and what is late, is left out. */
  read(): number | Labelled | Promise<number | Labelled>;
}

export interface Metrics {
  /** A request was answered; `endpoint` is the pattern of its route, never a path. */
  request(method: string, endpoint: string, status: number, ms: number): void;
  /** Does `work` on the database, and counts how long it took, the wait for a connection too. */
  query<T>(kind: "statement" | "transaction", work: () => Promise<T>): Promise<T>;
  /** Something was looked for in a cache. */
  cache(name: string, result: "hit" | "miss"): void;
  /** A counter that others count up by calling it. */
  counter(name: string, help: string, labels: readonly string[]): (...values: string[]) => void;
  figure(figure: Figure): void;
  /** All of it, in Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** @param onError is told which figure could not be looked up, and why */
export function metrics(onError: (name: string, error: unknown) => void): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: "http_requests_total",
    help: "Requests that were answered, by the pattern of their route.",
    labelNames: ["method", "endpoint", "status"],
    registers,
  });
  const requestSeconds = new Histogram({
    name: "http_request_duration_seconds",
    help: "Until the head of the answer was there, in seconds.",
    labelNames: ["method", "endpoint"],
    buckets: HTTP_SECONDS,
    registers,
  });
  const querySeconds = new Histogram({
    name: "db_query_duration_seconds",
    help: "Statements and whole transactions, with their wait for a connection, in seconds.",
    labelNames: ["kind"],
    buckets: QUERY_SECONDS,
    registers,
  });
  const lookups = new Counter({
    name: "cache_requests_total",
    help: "What was looked for in a cache; a hit needed no look elsewhere.",
    labelNames: ["cache", "result"],
    registers,
  });

  let busy = 0;
  const figure = ({ name, help, type = "gauge", labels = [], read }: Figure) => {
    const Kind = type === "gauge" ? Gauge : Counter;
    new Kind({
      name,
      help,
      labelNames: [...labels],
      registers,
      async collect() {
        const found = await inTime(read).catch((error) => onError(name, error));
        this.reset(); // and not before: another who looks may be under way
        if (found === undefined) return labels.length > 0 ? undefined : this.remove();
        if (typeof found === "number") return this.inc(found);
        for (const [values, value] of found) this.labels(...values).inc(value);
      },
    });
  };
  figure({
    name: "db_pool_busy",
    help: "Statements and transactions that hold a connection, or wait for one.",
    read: () => busy,
  });

  return {
    request(method, endpoint, status, ms) {
      const known = METHODS.has(method) ? method : "other";
      requestSeconds.observe({ method: known, endpoint }, ms / 1_000);
      requests.inc({ method: known, endpoint, status });
    },
    query(kind, work) {
      const began = performance.now();
      busy++;
      const ended = () => {
        busy--;
        querySeconds.observe({ kind }, (performance.now() - began) / 1_000);
      };
      const answer = work();
      answer.then(ended, ended);
      return answer;
    },
    cache: (cache, result) => lookups.inc({ cache, result }),
    counter(name, help, labels) {
      const counter = new Counter({ name, help, labelNames: [...labels], registers });
      return (...values) => counter.labels(...values).inc();
    },
    figure,
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

async function inTime<T>(read: () => T | Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`not known after ${PATIENCE_MS} ms`)),
    PATIENCE_MS,
  );
  try {
    return await Promise.race([read(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
