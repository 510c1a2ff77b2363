import { deepEqual, throws } from "node:assert/strict";
import { readWrk } from "./wrk.ts";

const OUTPUT = `Running 2s test @ http://127.0.0.1:1/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.69ms    1.18ms  16.44ms   88.46%
    Req/Sec    20.19k     2.36k   24.14k    80.00%
  Latency Distribution
     50%    1.39ms
     75%    1.96ms
     90%    2.98ms
     99%  640.00us
  40293 requests in 2.01s, 3.86GB read
Requests/sec:  20074.33
Transfer/sec:      1.92GB
`;

Deno.test("[P] wrk's figures are read, whatever unit a time has", () => {
  deepEqual(readWrk(OUTPUT), { requestsPerSecond: 20_074.33, p99Ms: 0.64 });
  deepEqual(readWrk(OUTPUT.replace("640.00us", "1.25s")).p99Ms, 1_250);
});

Deno.test("[P] a run in which requests failed has no figures", () => {
  const refused = OUTPUT.replace("Requests/sec", "  Non-2xx or 3xx responses: 12\nRequests/sec");
  throws(() => readWrk(refused), /responses: 12/);
  const cut = OUTPUT.replace("Requests/sec", "  Socket errors: connect 0, read 3\nRequests/sec");
  throws(() => readWrk(cut), /read 3/);
  throws(() => readWrk("unable to connect"), /no figures/);
});
