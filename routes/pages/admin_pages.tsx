/** The overview, the runtime and the jobs, for administrators. */
import type { JobPage, JobStatus } from "../../domain/jobs.ts";
import type { Overview, RuntimeSnapshot } from "../../domain/overview.ts";
import type { RuntimeEvent } from "../../domain/runtime.ts";
import JobsBoard from "../../islands/admin/jobs_board.tsx";
import OverviewBoard from "../../islands/admin/overview_board.tsx";
import type { ShownQuery } from "../../islands/admin/query.ts";
import RuntimeBoard from "../../islands/admin/runtime_board.tsx";
import { actorWord } from "../../islands/admin/shown.ts";
import { adminPage } from "./admin_shell.tsx";
import type { View } from "./context.ts";
import { Island } from "./island.tsx";
import type { Content } from "./view.tsx";

export const overviewPage = (view: View, overview: Overview): Content =>
  adminPage(view, "overview", () => (
    <Island
      name="admin-overview"
      source="islands/admin/overview_board.tsx"
      of={OverviewBoard}
      props={{ overview }}
    />
  ), { wide: true });

export const runtimePage = (
  view: View,
  given: { snapshot: RuntimeSnapshot; events: readonly RuntimeEvent[]; query: ShownQuery },
): Content =>
  adminPage(view, "runtime", () => (
    <>
      <p class="lead admin-lead">{view.t.admin.runtime.lead}</p>
      <Island
        name="admin-runtime"
        source="islands/admin/runtime_board.tsx"
        of={RuntimeBoard}
        props={given}
      />
    </>
  ), { wide: true });

export const jobsPage = (
  view: View,
  given: { page: JobPage; status: JobStatus | null; cursor: string | null; at: string },
): Content =>
  adminPage(view, "jobs", () => (
    <Island
      name="admin-jobs"
      source="islands/admin/jobs_board.tsx"
      of={JobsBoard}
      props={given}
    />
  ));

/** Asks once more, where there is no script to do it in place. */
export const restartPage = (
  view: View,
  { kind, key, action }: { kind: string; key: string; action: string },
): Content =>
  adminPage(view, "runtime", () => {
    const words = view.t.admin.runtime;
    return (
      <form class="narrow" method="post" action={action}>
        <h2 class="section-title">{words.restartTitle(actorWord({ kind, key }, undefined))}</h2>
        <p>{words.restartText}</p>
        <p class="tools">
          <button type="submit" class="button button-main" name="sure" value="yes">
            {words.restart}
          </button>
          <a class="button button-quiet" href="/admin/runtime">{words.cancel}</a>
        </p>
      </form>
    );
  });
