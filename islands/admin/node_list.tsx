/** The nodes: how long each has been up, and how it is. */
import { formatBytes } from "../../domain/i18n/format.ts";
import type { NodeView } from "../../domain/runtime.ts";
import { language, t } from "../shared/words.ts";
import { figure, span, took } from "./shown.ts";

export function NodeList({ nodes, now }: { nodes: readonly NodeView[]; now: number }) {
  const words = t().admin.runtime.nodes;
  return (
    <section class="nodes" aria-labelledby="nodes-title">
      <h2 class="section-title" id="nodes-title">{words.title}</h2>
      {nodes.map((node) => (
        <article key={node.name} class="node">
          <header>
            <h3 class="node-name">{node.name}</h3>
            <p class="quiet">{words.up(span(node.since, now))}, {node.runsOn}</p>
          </header>
          <dl class="plate node-plate">
            <div>
              <dt>{words.memory}</dt>
              <dd>
                {formatBytes(node.rssBytes, language())}
                <span class="cell-more">
                  {words.memoryText(formatBytes(node.heapBytes, language()))}
                </span>
              </dd>
            </div>
            <div>
              <dt>{words.lag}</dt>
              <dd>
                {took(node.lagMs)}
                <span class="cell-more">{words.lagText}</span>
              </dd>
            </div>
            <div>
              <dt>{words.actors}</dt>
              <dd>{figure(node.actors)}</dd>
            </div>
            <div>
              <dt>{words.sockets}</dt>
              <dd>{figure(node.sockets)}</dd>
            </div>
          </dl>
        </article>
      ))}
    </section>
  );
}
