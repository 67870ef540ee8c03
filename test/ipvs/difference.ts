// Where a model's history parts from the real one's.
import type { Outcome, Scenario } from "./scenario.ts";

/** The first event that came out otherwise, or null. */
export function difference(scenario: Scenario, real: Outcome, model: Outcome): string | null {
  const at = scenario.events.findIndex((_, i) => JSON.stringify(real.results[i]) !== JSON.stringify(model.results[i]));
  if (at !== -1)
    return `${scenario.name} (${scenario.scheduler}), event ${at} ${JSON.stringify(scenario.events[at])}: the kernel says ${JSON.stringify(real.results[at])}, the model ${JSON.stringify(model.results[at])}`;
  const [final, own] = [JSON.stringify(real.final), JSON.stringify(model.final)];
  return final === own ? null : `${scenario.name}, at the end: the kernel says ${final}, the model ${own}`;
}
