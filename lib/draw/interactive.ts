// The same scene where scripts may run: buttons step along the numbered way, pointing at a thing tells its tip.
// Only on request: in a notebook that nobody trusts nothing of it would be left.
import { escapeMarkup } from "./dom.ts";
import { altOf, caption, details, type Figure, plain } from "./figure.ts";
import type { Scene } from "./scene.ts";
import { draw, idOf } from "./svg.ts";

// Everything that could come from a lab stands in the SVG as escaped text; the script is the same for all pictures.
const SCRIPT = `for (const figure of document.querySelectorAll("figure[data-packetwalk]:not([data-ready])")) {
  figure.dataset.ready = "";
  const marks = [...figure.querySelectorAll("[data-step]")];
  const steps = [...new Set(marks.map((mark) => Number(mark.dataset.step)))].sort((a, b) => a - b);
  const says = figure.querySelector("output");
  let at = steps.length;
  const show = (to) => {
    at = Math.max(0, Math.min(steps.length, to));
    const now = steps[at - 1];
    for (const mark of marks) {
      const step = Number(mark.dataset.step);
      mark.style.opacity = at === steps.length || step === now ? 1 : step < now ? 0.45 : 0.08;
    }
    says.textContent = at === steps.length ? "all steps" : at === 0 ? "before the first step" : "step " + now;
  };
  const [first, back, on, all] = figure.querySelectorAll("button");
  first.onclick = () => show(0);
  back.onclick = () => show(at - 1);
  on.onclick = () => show(at === steps.length ? 1 : at + 1);
  all.onclick = () => show(steps.length);
  show(steps.length);
}`;

/** The scene inline with a small script: to be shown where the reader ran the cell, never to be committed. */
export function interactive(scene: Scene): Figure {
  const hasSteps = scene.shapes.some((shape) => shape.step !== undefined);
  const buttons = ["Start", "Back", "Next", "All"].map((name) => `<button type="button">${name}</button>`).join(" ");
  const controls = hasSteps ? `<div>${buttons} <output></output></div>` : "";
  const picture = draw(scene).outerHTML;
  const html = `<figure data-packetwalk="${escapeMarkup(idOf(scene))}" style="margin:0 0 1em;overflow-x:auto">${picture}${caption(scene)}${controls}${details(scene.table)}</figure>${hasSteps ? `<script>${SCRIPT}</script>` : ""}`;
  return { data: { "text/html": html, "text/plain": plain(scene) }, metadata: { vscode_altText: altOf([scene]) } };
}
