/** What narrows the list of actors; a form that works without script. */
import type { ActorList } from "../../domain/actor_list.ts";
import { ACTOR_ORDERS, ACTOR_STATES } from "../../domain/actor_state.ts";
import { t } from "../shared/words.ts";
import type { ShownQuery } from "./query.ts";
import { figure, kindWord } from "./shown.ts";

interface Props {
  readonly query: ShownQuery;
  readonly total: ActorList["total"];
  readonly ask: (change: Partial<ShownQuery>) => void;
}

interface ChoiceProps {
  readonly name: "kind" | "state" | "sort";
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly ask: Props["ask"];
}

function Choice({ name, label, value, options, ask }: ChoiceProps) {
  return (
    <div class="field">
      <label for={`actors-${name}`}>{label}</label>
      <select
        id={`actors-${name}`}
        name={name}
        onChange={({ currentTarget }) => ask({ [name]: currentTarget.value, page: 1 })}
      >
        {options.map(([option, text]) => (
          <option key={option} value={option} selected={option === value}>{text}</option>
        ))}
      </select>
    </div>
  );
}

export function ActorFilter({ query, total, ask }: Props) {
  const words = t().admin.runtime;
  // one that is asked for stays to be chosen when its last actor has gone
  const kinds = [...new Set([...Object.keys(total), ...query.kind ? [query.kind] : []])].sort();
  return (
    <form
      class="actor-filter"
      role="search"
      action="/admin/runtime"
      data-no-swap
      onSubmit={(event) => event.preventDefault()}
    >
      <div class="field">
        <label for="actors-q">{words.find}</label>
        <input
          id="actors-q"
          type="search"
          name="q"
          value={query.q}
          maxlength={100}
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => ask({ q: currentTarget.value.trim(), page: 1 })}
        />
      </div>
      <Choice
        name="kind"
        label={words.kind}
        value={query.kind}
        options={[
          ["", words.anyKind],
          ...kinds.map((kind) =>
            [kind, `${kindWord(kind)} (${figure(total[kind] ?? 0)})`] as const
          ),
        ]}
        ask={ask}
      />
      <Choice
        name="state"
        label={words.state}
        value={query.state}
        options={[
          ["", words.anyState],
          ...ACTOR_STATES.map((state) => [state, words.states[state]] as const),
        ]}
        ask={ask}
      />
      <Choice
        name="sort"
        label={words.order}
        value={query.sort}
        options={ACTOR_ORDERS.map((order) => [order, words.orders[order]] as const)}
        ask={ask}
      />
      <button type="submit" class="button without-script">{words.show}</button>
    </form>
  );
}
