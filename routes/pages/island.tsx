/** Marks a part of the page that comes to life in the browser, drawn already on the server. */
import { type ComponentType, h } from "preact";

interface Props<P> {
  /** The name in `islands/boot.ts`. */
  readonly name: string;
  /** The module's path, so that the page preloads it. */
  readonly source: string;
  readonly of: ComponentType<P>;
  /** Plain data; the browser gets the same. */
  readonly props: P;
}

/** One island. Its props are an attribute, so Preact escapes whatever they hold. */
export function Island<P extends object>({ name, source, of, props }: Props<P>) {
  return (
    <div data-island={name} data-source={source} data-props={JSON.stringify(props)}>
      {h(of, props as P & { children?: never })}
    </div>
  );
}
