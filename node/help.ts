/** What a node and a worker say when they are asked how they are used. */

export const START_HELP = `Starts a node: the site and all that it does.

  deno task start

It runs until it gets SIGTERM or Ctrl-C. Settings are environment variables, or lines of .env, which
.env.example explains; the first of them:

  PORT, HOST               where it listens: 8080 of 127.0.0.1
  PUBLIC_URL               the address that visitors see
  DATA_DIR                 where everything is kept: ./data
  DATABASE_URL, NATS_URL   of a cluster; without, a database of its own
  ROLES                    web, worker or both (web,worker)

"deno task config" prints all that are in force, "deno task doctor" what this machine lacks.
`;

export const WORKER_HELP =
  `Takes work of a cluster's nodes: makes music of what is uploaded, and tracks of streams.

  deno task worker

It runs until it gets SIGTERM or Ctrl-C, and needs no address of its own. Settings are environment
variables, or lines of .env, the same as the nodes have:

  NATS_URL, DATABASE_URL   where the others are met; both wanted
  DATA_DIR, or S3_*        where music is kept, in common with the nodes
  METRICS_PORT             figures and health, for Prometheus; none by default

"deno task config" prints all that are in force.
`;
