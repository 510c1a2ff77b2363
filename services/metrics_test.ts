/** What is counted, in Prometheus' words; a figure that fails takes nothing else with it (O10). */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { metrics } from "./metrics.ts";

Deno.test("[O10] requests count by method, route and status, and their time in seconds", async () => {
  const { request, text } = metrics(() => {});
  request("GET", "/tracks/:id", 200, 3);
  request("GET", "/tracks/:id", 200, 700);
  request("GET", "/tracks/:id", 404, 1);
  request("BREW", "/tracks/:id", 404, 1);
  request("STEEP", "/tracks/:id", 404, 1);
  const said = await text();
  ok(said.includes('http_requests_total{method="GET",endpoint="/tracks/:id",status="200"} 2\n'));
  ok(said.includes('http_requests_total{method="other",endpoint="/tracks/:id",status="404"} 2\n'));
  const route = 'method="GET",endpoint="/tracks/:id"';
  ok(said.includes(`http_request_duration_seconds_bucket{le="0.005",${route}} 2\n`));
  ok(said.includes(`http_request_duration_seconds_sum{${route}} 0.704\n`));
});

Deno.test("[O10] a query counts when it ends, well or not; until then it is busy", async () => {
  const { query, text } = metrics(() => {});
  const { promise, resolve } = Promise.withResolvers<number>();
  const asked = query("statement", () => promise);
  match(await text(), /^db_pool_busy 1$/m);
  resolve(7);
  equal(await asked, 7);
  await rejects(query("transaction", () => Promise.reject(new Error("away"))), /away/);
  const said = await text();
  match(said, /^db_pool_busy 0$/m);
  match(said, /^db_query_duration_seconds_count\{kind="statement"\} 1$/m);
  match(said, /^db_query_duration_seconds_count\{kind="transaction"\} 1$/m);
});

Deno.test("[O10] figures are looked up at each look; one that fails is left out and told", async () => {
  const told: string[] = [];
  const { figure, counter, text } = metrics((name) => void told.push(name));
  let [actors, broken] = [3, true];
  figure({ name: "actors", help: "A.", labels: ["kind"], read: () => [[["room"], actors]] });
  figure({
    name: "jobs_oldest",
    help: "J.",
    read: () => broken ? Promise.reject(new Error("away")) : 4,
  });
  const crashed = counter("crashes_total", "C.", ["kind"]);
  crashed("room");
  const first = await text();
  match(first, /^actors\{kind="room"\} 3$/m);
  match(first, /^crashes_total\{kind="room"\} 1$/m);
  ok(!/^jobs_oldest /m.test(first));
  deepEqual(told, ["jobs_oldest"]);
  [actors, broken] = [1, false];
  const second = await text();
  match(second, /^actors\{kind="room"\} 1$/m);
  match(second, /^jobs_oldest 4$/m);
});

Deno.test("[O10] what a user wrote cannot make a second line", async () => {
  const { counter, text } = metrics(() => {});
  counter("words_total", "W.", ["word"])('a"\nup 0\\');
  match(await text(), /^words_total\{word="a\\"\\nup 0\\\\"\} 1$/m);
});
