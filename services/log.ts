/** Logs: JSON lines, or lines for a person at a terminal (O9). */
import { configure, getLogger, type LogLevel, type LogRecord, type Sink } from "@logtape/logtape";

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

const text = (record: LogRecord) => record.message.map(String).join("");

function jsonLine(node: string) {
  return (record: LogRecord): string =>
    JSON.stringify({
      timestamp: new Date(record.timestamp).toISOString(),
      level: record.level.toUpperCase(),
      service: "veza",
      node,
      message: text(record),
      ...Object.fromEntries(Object.entries(record.properties).map(([k, v]) => [k, plain(v)])),
    });
}

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

/** Sets up logging for this process; once, by an entry point. Lines go to standard error. */
export async function startLogging(
  { level, format, node }: { level: LogLevel; format: "pretty" | "json"; node: string },
): Promise<Log> {
  const line = format === "json" ? jsonLine(node) : prettyLine;
  const sink: Sink = (record) => console.error(line(record));
  await configure({
    reset: true,
    sinks: { stderr: sink },
    loggers: [
      { category: "veza", lowestLevel: level, sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
    ],
  });
  return getLogger("veza");
}
