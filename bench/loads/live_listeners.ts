/**
 * Load: one host who sends a frame each 20 ms, and many listeners, some of whom look at what comes.
 * Runs on Node; takes its order as JSON, prints what came of it as a line of JSON.
 *
 * Both servers pass the same packets on, with the time of sending in them, so that one way of
 * reading serves for both: what is around a packet is skipped.
 */
import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import process from "node:process";

export interface LiveOrder {
  readonly port: number;
  /** How the host is let in, and what says that it was. */
  readonly host: { readonly head: string; readonly ready: string; readonly first?: string };
  /** How a listener is let in. */
  readonly listen: string;
  /** `frames`: each packet in a frame of L3, in a WebSocket message; `bare`: packets alone. */
  readonly form: "frames" | "bare";
  readonly listeners: number;
  readonly seconds: number;
}

export interface LiveFigures {
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
/** Listeners who look at all that comes; the others count bytes. */
const WATCHERS = 40;
const WARM_MS = 1_000;
const PATIENCE_MS = 2_000;

const order: LiveOrder = JSON.parse(process.argv[2] ?? "{}");
/**
 * How many come in at once, and how many times as much is sent until all are in. Icecast lets in few
 * listeners for each block of 1,400 bytes that it reads, which at 96 kbit/s takes 120 ms; the more of
 * them wait, the fewer, until they are closed for the time that they have waited.
 */
const [entering, eager] = order.form === "bare" ? [4, 10] : [100, 1];
const nowUs = () => process.hrtime.bigint() / 1_000n;
const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Connects, sends `head`, and resolves when `ready` has come, with what came after it. */
function enter(head: string, ready: string): Promise<{ socket: Socket; rest: Buffer }> {
  return new Promise((resolve, reject) => {
    const socket = connect(order.port, "127.0.0.1");
    let came = Buffer.alloc(0);
    socket.setNoDelay(true);
    socket.on("error", reject);
    socket.on("connect", () => socket.write(head));
    socket.on("data", function hear(bytes: Buffer) {
      came = Buffer.concat([came, bytes]);
      const at = came.indexOf(ready);
      if (at < 0) return;
      socket.off("data", hear);
      resolve({ socket, rest: came.subarray(at + ready.length) });
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
  if (order.form === "bare") return packet;
  packet[0] = 0xfc; // 20 ms, stereo, one frame
  const header = Buffer.alloc(16);
  header.set([1, 1, 960 >> 8, 960 & 255]);
  header.writeUInt32BE(sequence, 4);
  header.writeBigUInt64BE(BigInt(Date.now()) * 1_000n, 8);
  return masked(2, Buffer.concat([header, packet]));
}

let counting = false;
const late: number[] = [];
const counts = new Float64Array(order.listeners);

function listen(socket: Socket, at: number): void {
  if (at >= WATCHERS) {
    socket.on("data", (bytes) => {
      if (counting) counts[at]! += bytes.length;
    });
    return;
  }
  let tail: Buffer = Buffer.alloc(0);
  socket.on("data", (bytes: Buffer) => {
    if (counting) counts[at]! += bytes.length;
    const all = tail.length === 0 ? bytes : Buffer.concat([tail, bytes]);
    const now = nowUs();
    let from = 0;
    while (true) {
      const found = all.indexOf(MARK, from);
      if (found < 0 || found + MARK.length + 8 > all.length) break;
      from = found + MARK.length + 8;
      if (counting) late.push(Number(now - all.readBigUInt64BE(found + MARK.length)) / 1_000);
    }
    tail = Buffer.from(all.subarray(Math.max(from, all.length - MARK.length - 8)));
  });
}

const { host, seconds } = order;
const first = await enter(host.head, host.first === undefined ? host.ready : "\r\n\r\n");
if (host.first !== undefined) {
  first.socket.write(masked(1, Buffer.from(host.first)));
  await new Promise<void>((resolve) => {
    first.socket.on("data", (bytes) => bytes.includes(host.ready) && resolve());
  });
}
first.socket.resume();
let sequence = 0;
const began = performance.now();
let times = eager;
const sending = setInterval(() => {
  while (sequence * FRAME_MS <= performance.now() - began) {
    for (let n = 0; n < times; n++) first.socket.write(packetOf(sequence));
    sequence++;
  }
}, 2);
await rest(500); // a mount is there when its first sound is

const sockets: Socket[] = [];
for (let n = 0; n < order.listeners; n += entering) {
  const some = Math.min(entering, order.listeners - n);
  const come = await Promise.all(
    Array.from({ length: some }, () => enter(order.listen, "\r\n\r\n")),
  );
  for (const { socket } of come) {
    listen(socket, sockets.length);
    sockets.push(socket);
  }
}
times = 1;
await rest(WARM_MS);
const [fromSequence, cpu, clock] = [sequence, process.cpuUsage(), performance.now()];
counting = true;
await rest(seconds * 1_000);
const sent = sequence - fromSequence;
const used = process.cpuUsage(cpu);
const busy = (used.user + used.system) / 1_000 / (performance.now() - clock);
const least = (sent - 2) * PACKET; // the first and the last may fall outside of what was counted
const until = performance.now() + PATIENCE_MS;
while (counts.some((bytes) => bytes < least) && performance.now() < until) await rest(20);
counting = false;
clearInterval(sending);
late.sort((a, b) => a - b);
const part = (share: number) =>
  late[Math.min(late.length - 1, Math.floor(late.length * share))] ?? 0;
const figures: LiveFigures = {
  ...{ sent, busy, p50: part(0.5), p99: part(0.99), worst: part(1) },
  incomplete: counts.filter((bytes) => bytes < least).length,
};
console.log(JSON.stringify(figures));
for (const socket of [first.socket, ...sockets]) socket.destroy();
process.exit(0);
