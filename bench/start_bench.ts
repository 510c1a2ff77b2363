/** P10: how soon a node answers, alone and in a cluster, and what it holds when nothing happens. */
import { defineBench } from "./bench.ts";
import { CLUSTER_TOOLS, startCluster } from "./cluster.ts";
import { answersAfter, launch, memoryOf } from "./launched.ts";

/** What is looked at as "idle": so long after it answers, in ms. */
const IDLE_MS = 10_000;

export const bench = defineBench({
  rule: "P10",
  title: "Start",
  what:
    "A node on a data folder that was used before, with all programs in the disk's cache: from " +
    "asking for the process until `/readyz`, and until `/`, first answer 200. Memory is looked at 10 s " +
    "later: of the node all that is resident, of PostgreSQL's processes each one's part of what " +
    "they share (PSS). A further node comes to a cluster of one node, PostgreSQL, NATS and Redis, " +
    "which run already and are not counted.",
  tools: CLUSTER_TOOLS,
  rounds: 7,
  warmUps: 1,
  measures: {
    ready: {
      title: "until /readyz answers",
      unit: "ms",
      better: "less",
      targets: [{ atMost: 2_000 }],
    },
    page: { title: "until / answers", unit: "ms", better: "less", targets: [{ atMost: 2_000 }] },
    memory: { title: "idle memory", unit: "MiB", better: "less", targets: [{ atMost: 150 }] },
    node: { title: "of it the node", unit: "MiB", better: "less", targets: [] },
    database: { title: "of it PostgreSQL", unit: "MiB", better: "less", targets: [] },
    furtherReady: {
      title: "until /readyz of a further node answers",
      unit: "ms",
      better: "less",
      targets: [{ atMost: 1_000 }],
    },
    furtherMemory: {
      title: "idle memory of a further node",
      unit: "MiB",
      better: "less",
      targets: [{ atMost: 90 }],
    },
  },
  open: async (stage) => {
    const idle = () => new Promise((resolve) => setTimeout(resolve, stage.short ? 200 : IDLE_MS));
    const dataDir = `${stage.folder}/node`;
    const round = async () => {
      await using node = launch(dataDir);
      const ready = await answersAfter(node, "/readyz");
      const page = await answersAfter(node, "/");
      await idle();
      const parts = await memoryOf(node.pid);
      return { ready, page, memory: parts.node + parts.database, ...parts };
    };
    await using first = launch(dataDir); // the first start makes the database
    await answersAfter(first, "/readyz");

    const cluster = await startCluster(stage, 1);
    const further = async () => {
      await using node = cluster.further();
      const furtherReady = await answersAfter(node, "/readyz");
      await idle();
      return { furtherReady, furtherMemory: (await memoryOf(node.pid)).node };
    };
    return [
      { name: "Veza", role: "ours", round },
      { name: "Veza, in a cluster", role: "ours", round: further },
    ];
  },
});
