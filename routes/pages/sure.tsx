/** Asks once more before something goes for good; where there is script one has ten seconds instead. */
import type { View } from "./context.ts";
import type { Content } from "./view.tsx";

interface Question {
  /** What is to go, as its owner calls it. */
  readonly name: string;
  /** What goes with it. */
  readonly text: string;
  /** Where yes is sent, as a form with `sure`. */
  readonly action: string;
  /** Where no leads. */
  readonly back: string;
}

export function surePage({ t }: View, { name, text, action, back }: Question): Content {
  const words = t.tools.sure;
  const title = words.title(name);
  const body = () => (
    <form class="narrow" method="post" action={action}>
      <h1 class="page-title">{title}</h1>
      <p class="lead">{text}</p>
      <p class="tools">
        <button type="submit" class="button" name="sure" value="yes">{words.yes}</button>
        <a class="button button-quiet" href={back}>{words.no}</a>
      </p>
    </form>
  );
  return { title, body };
}
