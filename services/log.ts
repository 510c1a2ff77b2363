/** Logs: JSON lines, or lines for a person at a terminal (O9). */
import { lineWriter } from "./line_writer.ts";

/** What everything that logs asks for. Fields are plain data; no secret, token or message text. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** In order: from the level of the settings on, lines are written. */
const LEVELS = ["trace", "debug", "info", "warning", "error", "fatal"] as const;
export type LogLevel = (typeof LEVELS)[number];

type Fields = Readonly<Record<string, unknown>>;
/** Makes the line, without its end. */
type Form = (level: LogLevel, message: string, fields: Fields) => string;

const plain = (value: unknown): unknown =>
  value instanceof Error
    ? `${value.stack ?? value}`
    : typeof value === "bigint"
    ? `${value}`
    : value;

const jsonLine = (node: string): Form => (level, message, fields) => {
  const line: Record<string, unknown> = {
    timestamp: new Date().toISOString(),
    level: level.toUpperCase(),
    service: "veza",
    node,
    message,
  };
  for (const key in fields) line[key] = plain(fields[key]);
  return JSON.stringify(line);
};

const COLOURS: Partial<Record<LogLevel, string>> = { warning: "33", error: "31", fatal: "31" };

const prettyLine: Form = (level, message, given) => {
  const fields = Object.entries(given)
    .map(([key, value]) => {
      const shown = plain(value);
      // JSON keeps what a user typed from making a second line
      return `${key}=${
        typeof shown === "string" && /^[\w.:/@-]+$/.test(shown) ? shown : JSON.stringify(shown)
      }`;
    })
    .join(" ");
  const colour = COLOURS[level] ?? "2";
  const time = new Date().toISOString().slice(11, 19);
  // deno-lint-ignore no-control-regex
  const words = message.replace(/[\u0000-\u001f]/g, " ");
  return `\x1b[2m${time}\x1b[0m \x1b[${colour}m${level}\x1b[0m ${words}${
    fields && ` \x1b[2m${fields}\x1b[0m`
  }`;
};

/** A log whose lines wait a few ms: disposing writes them, and so does the end by `Deno.exit`. */
export interface OwnedLog extends Log, AsyncDisposable {
  readonly format: "pretty" | "json";
  /** Resolves when all that was said has been written. */
  flush(): Promise<void>;
}

/** The log of this process; made once, by an entry point. Lines go to standard error. */
export function startLogging(
  { level: least, format, node }: { level: LogLevel; format: "pretty" | "json"; node: string },
): OwnedLog {
  const form = format === "json" ? jsonLine(node) : prettyLine;
  const writer = lineWriter({
    sink: Deno.stderr,
    dropped: (lines) =>
      form("warning", "lines were dropped: whoever reads the log is too slow", { lines }),
  });
  addEventListener("unload", writer.flushSync);
  const at = (level: LogLevel) =>
    LEVELS.indexOf(level) < LEVELS.indexOf(least)
      ? () => {}
      : (message: string, fields: Fields = {}) => writer.line(form(level, message, fields));
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warning"),
    error: at("error"),
    format,
    flush: writer.flush,
    [Symbol.asyncDispose]: writer.flush,
  };
}
