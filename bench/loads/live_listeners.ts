/**
 * Load: one host who sends a frame each 20 ms, and many listeners, some of whom look at what comes.
 * Runs on Node; takes its order as JSON, prints what came of it as a line of JSON.
 *
 * All servers pass the same packets on, with the time of sending in them, so that one way of
 * reading serves for all: what is around a packet is skipped.
 */
import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import process from "node:process";

export interface LiveOrder {
  readonly port: number;
  /** How the host is let in, and what says that it was. */
  readonly host: {
    readonly head: string;
    readonly ready: string;
    /** What a host on a WebSocket says first; absent: it sends packets alone. */
    readonly first?: string;
  };
  /** How a listener is let in. */
  readonly listen: string;
  /** How many listeners come in at once. */
  readonly entering: number;
  /** How many times as much is sent while listeners come, as long as there are few. */
  readonly eager: number;
  /** With so many it begins. */
  readonly listeners: number;
  /** Then more come, by this factor, until they are too many; at most so many. */
  readonly step: number;
  readonly most: number;
  /** No frame may be later than this, in ms. */
  readonly lateMs: number;
  /** How long each number of listeners is counted. */
  readonly seconds: number;
}

/** How it went with so many listeners. */
export interface LiveFigures {
  readonly listeners: number;
  /** Frames that were sent while it was counted. */
  readonly sent: number;
  /** From sending to reading, of those who look, in ms. */
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  /** Listeners to whom not all came. */
  readonly incomplete: number;
  /** Which part of the time this process was at work. */
  readonly busy: number;
}

/** 96 kbit/s in frames of 20 ms, in bytes. */
const PACKET = 240;
const FRAME_MS = 20;
const MARK = Buffer.from("VEZABNCH");
const STAMP = MARK.length + 8;
/** Listeners who look at all that comes as it comes, spread among the others. */
const WATCHERS = 40;
/** The others are read this often, in ms: meanwhile the kernel keeps for them what came. */
const READ_EVERY_MS = 1_000;
const READ_TURNS = 50;
/** What may be on its way when the count begins and ends, in frames: a server may gather some. */
const AT_ENDS = 16;
/** What piled up while listeners came has to be gone before it counts: so long no frame is late. */
const CALM_MS = 1_000;
/** If it never is, it is counted all the same. */
const CALM_WITHIN_MS = 15_000;
const PATIENCE_MS = 2_000;
const READ_ALL_MS = 100;
/** What is sent to all while they come, in listeners of the usual rate: more would only pile up. */
const MOST_EAGER = 8_000;
/** Who is refused tries again, so often in all: Icecast closes who has waited for too long. */
const REFUSALS_MOST = 100;
/** What else happens on the machine should not decide: so often is each number tried. */
const TRIES = 2;

/** What is printed. */
export interface LiveOutcome {
  readonly begin: LiveFigures;
  /** With the most that were told in time; null where not even the first were. */
  readonly most: LiveFigures | null;
}

const order: LiveOrder = JSON.parse(process.argv[2] ?? "{}");
const { host, seconds } = order;
const nowUs = () => process.hrtime.bigint() / 1_000n;
const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends `head` on a connection, and resolves when `ready` has come. */
function enter(socket: Socket, head: string, ready: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let came = Buffer.alloc(0);
    socket.setNoDelay(true);
    socket.on("error", reject);
    socket.on("connect", () => socket.write(head));
    socket.on("close", () => reject(new Error(`Closed before ${JSON.stringify(ready)} came`)));
    socket.on("data", function hear(bytes: Buffer) {
      came = Buffer.concat([came, bytes]);
      if (!came.includes(ready)) return;
      socket.off("data", hear);
      resolve();
    });
  });
}

/** A message of a client on a WebSocket: masked with zeros, which changes nothing. */
function masked(opcode: number, body: Buffer): Buffer {
  const length = body.length < 126
    ? [body.length | 0x80]
    : [0xfe, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length, 0, 0, 0, 0]), body]);
}

function packetOf(sequence: number): Buffer {
  const packet = Buffer.alloc(PACKET);
  MARK.copy(packet, 1);
  packet.writeBigUInt64BE(nowUs(), 1 + MARK.length);
  if (host.first === undefined) return packet;
  packet[0] = 0xfc; // 20 ms, stereo, one frame
  const header = Buffer.alloc(16);
  header.set([1, 1, 960 >> 8, 960 & 255]);
  header.writeUInt32BE(sequence, 4);
  header.writeBigUInt64BE(BigInt(Date.now()) * 1_000n, 8);
  return masked(2, Buffer.concat([header, packet]));
}

/** One memory for all reads: what comes is looked at, or only counted, before the next. */
const memory = Buffer.alloc(256 * 1_024);
let counting = false;
let late: number[] = [];
/** When a frame that was late came last. */
let lateAt = 0;

class Listener {
  readonly socket: Socket;
  bytes = 0;
  frames = 0;
  watches = false;
  #tail: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Resolves when it was let in. Who only counts reads when its turn comes, and then once. */
  static enter(): Promise<Listener> {
    let head: string | null = "";
    return new Promise((resolve, reject) => {
      const callback = (size: number): boolean => {
        const bytes = memory.subarray(0, size);
        if (head === null) return listener.#take(bytes);
        head += bytes.toString("latin1");
        if (!head.includes("\r\n\r\n")) return true;
        if (!/^HTTP\/1\.[01] (200|101) /.test(head)) {
          reject(new Error(head.slice(0, 300)));
          return false;
        }
        head = null;
        resolve(listener);
        return true;
      };
      const listener = new Listener(connect({
        ...{ port: order.port, host: "127.0.0.1", noDelay: true },
        onread: { buffer: memory, callback },
      }));
      listener.socket.on("error", reject);
      listener.socket.on("close", () => reject(new Error("Closed before it was let in")));
      listener.socket.on("connect", () => listener.socket.write(order.listen));
    });
  }

  #take(bytes: Buffer): boolean {
    if (counting) this.bytes += bytes.length;
    if (this.watches) this.#look(bytes);
    return this.watches;
  }

  /** Looks for the marks in what comes. */
  #look(bytes: Buffer): void {
    const all = this.#tail.length === 0 ? bytes : Buffer.concat([this.#tail, bytes]);
    const now = nowUs();
    let from = 0;
    while (true) {
      const found = all.indexOf(MARK, from);
      if (found < 0 || found + STAMP > all.length) break;
      from = found + STAMP;
      const ms = Number(now - all.readBigUInt64BE(found + MARK.length)) / 1_000;
      if (ms > order.lateMs) lateAt = performance.now();
      if (!counting) continue;
      late.push(ms);
      this.frames++;
    }
    this.#tail = Buffer.from(all.subarray(Math.max(from, all.length - STAMP)));
  }
}

const first = connect(order.port, "127.0.0.1");
await enter(first, host.head, host.first === undefined ? host.ready : "\r\n\r\n");
if (host.first !== undefined) {
  first.write(masked(1, Buffer.from(host.first)));
  await new Promise<void>((resolve) => {
    first.on("data", (bytes) => bytes.includes(host.ready) && resolve());
  });
}
first.resume();
let sequence = 0;
const began = performance.now();
let times = order.eager;
const sending = setInterval(() => {
  while (sequence * FRAME_MS <= performance.now() - began) {
    for (let n = 0; n < times; n++) first.write(packetOf(sequence));
    sequence++;
  }
}, 2);
await rest(500); // a mount is there when its first sound is

const listeners: Listener[] = [];
let refusals = 0;
let turn = 0;
const reading = setInterval(() => {
  turn = (turn + 1) % READ_TURNS;
  for (let at = turn; at < listeners.length; at += READ_TURNS) listeners[at]!.socket.resume();
}, READ_EVERY_MS / READ_TURNS);

/** Has as many listen, and resolves when what piled up meanwhile is gone. */
async function bring(wanted: number): Promise<void> {
  for (const { socket } of listeners.splice(wanted)) socket.destroy();
  while (listeners.length < wanted) {
    times = Math.max(1, Math.min(order.eager, Math.floor(MOST_EAGER / (listeners.length + 1))));
    const some = Math.min(order.entering, wanted - listeners.length);
    const come = await Promise.allSettled(Array.from({ length: some }, () => Listener.enter()));
    listeners.push(...come.flatMap((one) => one.status === "fulfilled" ? [one.value] : []));
    const refused = come.filter((one) => one.status === "rejected");
    refusals += refused.length;
    if (refusals > REFUSALS_MOST) throw refused[0]?.reason;
  }
  times = 1;
  const every = Math.max(1, Math.floor(wanted / WATCHERS));
  for (const [at, one] of listeners.entries()) one.watches = at % every === 0;
  lateAt = performance.now();
  const until = lateAt + CALM_WITHIN_MS;
  while (performance.now() - lateAt < CALM_MS && performance.now() < until) await rest(20);
}

/** Reads what the kernel keeps for all of them. */
async function readAll(): Promise<void> {
  for (const { socket } of listeners) socket.resume();
  await rest(READ_ALL_MS);
}

/** Those to whom not all came: told by their frames, or by the bytes that frames take of the others. */
function incomplete(sent: number): number {
  const watchers = listeners.filter(({ watches }) => watches);
  const sum = (of: (one: Listener) => number) => watchers.reduce((all, one) => all + of(one), 0);
  const aFrame = sum(({ bytes }) => bytes) / sum(({ frames }) => frames);
  return listeners.filter(({ watches, frames, bytes }) =>
    (watches ? frames : bytes / aFrame) < sent - AT_ENDS
  ).length;
}

async function count(): Promise<LiveFigures> {
  await readAll();
  late = [];
  for (const one of listeners) one.bytes = one.frames = 0;
  const [from, cpu, clock] = [sequence, process.cpuUsage(), performance.now()];
  counting = true;
  await rest(seconds * 1_000);
  const sent = sequence - from;
  const used = process.cpuUsage(cpu);
  const busy = (used.user + used.system) / 1_000 / (performance.now() - clock);
  const until = performance.now() + PATIENCE_MS;
  do await readAll(); while (incomplete(sent) > 0 && performance.now() < until);
  counting = false;
  late.sort((a, b) => a - b);
  const part = (share: number) =>
    late[Math.min(late.length - 1, Math.floor(late.length * share))] ?? 0;
  return {
    ...{ listeners: listeners.length, sent, busy, incomplete: incomplete(sent) },
    ...{ p50: part(0.5), p99: part(0.99), worst: part(1) },
  };
}

/** With so many, as often as it takes; the better of all. */
async function trial(wanted: number): Promise<LiveFigures> {
  await bring(wanted);
  let best = await count();
  for (let tried = 1; tried < TRIES && !isBorne(best); tried++) {
    const next = await count();
    if (isBorne(next) || next.worst < best.worst) best = next;
  }
  return best;
}

const isBorne = ({ worst, incomplete }: LiveFigures) => incomplete === 0 && worst <= order.lateMs;

let last = await trial(order.listeners);
const all = [last];
while (isBorne(last) && last.listeners < order.most) {
  const next = await trial(Math.min(order.most, Math.round(last.listeners * order.step)));
  all.push(next);
  if (!isBorne(next)) {
    all.push(await trial(Math.round(last.listeners * Math.sqrt(order.step)))); // half a step
    break;
  }
  last = next;
}
clearInterval(sending);
clearInterval(reading);
const figures: LiveOutcome = {
  begin: all[0]!,
  most: all.filter(isBorne).reduce<LiveFigures | null>(
    (best, one) => best && best.listeners > one.listeners ? best : one,
    null,
  ),
};
console.log(JSON.stringify(figures));
for (const { socket } of listeners) socket.destroy();
first.destroy();
process.exit(0);
