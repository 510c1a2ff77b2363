/** Logs: JSON lines, or lines for a person at a terminal (O9). */
import { configure, getLogger, type LogLevel, type LogRecord, type Sink } from "@logtape/logtape";
import { lineWriter } from "./line_writer.ts";

/** What everything that logs asks for. Fields are plain data; no secret, token or message text. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

const plain = (value: unknown): unknown =>
  value instanceof Error
    ? `${value.stack ?? value}`
    : typeof value === "bigint"
    ? `${value}`
    : value;

const text = (record: LogRecord) => record.message.join("");

const jsonLine = (node: string) => (record: LogRecord): string => {
  const line: Record<string, unknown> = {
    timestamp: new Date(record.timestamp).toISOString(),
    level: record.level.toUpperCase(),
    service: "veza",
    node,
    message: text(record),
  };
  for (const key in record.properties) line[key] = plain(record.properties[key]);
  return JSON.stringify(line);
};

const COLOURS: Partial<Record<LogLevel, string>> = { warning: "33", error: "31", fatal: "31" };

function prettyLine(record: LogRecord): string {
  const fields = Object.entries(record.properties)
    .map(([key, value]) => {
      const shown = plain(value);
      // JSON keeps what a user typed from making a second line
      return `${key}=${
        typeof shown === "string" && /^[\w.:/@-]+$/.test(shown) ? shown : JSON.stringify(shown)
      }`;
    })
    .join(" ");
  const colour = COLOURS[record.level] ?? "2";
  const time = new Date(record.timestamp).toISOString().slice(11, 19);
  // deno-lint-ignore no-control-regex
  const message = text(record).replace(/[\u0000-\u001f]/g, " ");
  return `\x1b[2m${time}\x1b[0m \x1b[${colour}m${record.level}\x1b[0m ${message}${
    fields && ` \x1b[2m${fields}\x1b[0m`
  }`;
}

/** A log whose lines wait a few ms: disposing writes them, and so does the end by `Deno.exit`. */
export type OwnedLog = Log & AsyncDisposable;

/** Sets up logging for this process; once, by an entry point. Lines go to standard error. */
export async function startLogging(
  { level, format, node }: { level: LogLevel; format: "pretty" | "json"; node: string },
): Promise<OwnedLog> {
  const line = format === "json" ? jsonLine(node) : prettyLine;
  const writer = lineWriter({
    sink: Deno.stderr,
    dropped: (lines) =>
      JSON.stringify({
        timestamp: new Date().toISOString(),
        level: "WARNING",
        service: "veza",
        node,
        message: `${lines} lines were dropped: whoever reads the log is too slow`,
      }),
  });
  addEventListener("unload", writer.flushSync);
  const sink: Sink = (record) => writer.line(line(record));
  await configure({
    reset: true,
    sinks: { stderr: sink },
    loggers: [
      { category: "veza", lowestLevel: level, sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
    ],
  });
  const logger = getLogger("veza");
  return {
    debug: (message, fields) => logger.debug(message, fields),
    info: (message, fields) => logger.info(message, fields),
    warn: (message, fields) => logger.warn(message, fields),
    error: (message, fields) => logger.error(message, fields),
    [Symbol.asyncDispose]: writer.flush,
  };
}
