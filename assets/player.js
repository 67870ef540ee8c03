// Runs in a reader's page, inside a figure of lib/draw/player.ts: replaces its numbered picture by the player. All
// texts of a lab arrive as text; the stage is our own SVG. Whatever goes wrong here leaves the picture as it is.
function player(id, film, css) {
  const figure = document.querySelector(`[data-packetwalk="${id}"]:not([data-ready])`);
  const picture = figure && figure.querySelector("img");
  const { texts, threads, shapes } = film;
  if (!picture || !figure.attachShadow || !film.moments) return;
  const moments = film.moments.map(({ is: [time, where, what, why, thread], path, cables, areas, ...more }) => {
    const drawn = { path: shapes[path], cables: cables && cables.map((n) => shapes[n]), areas: shapes[areas] };
    return { time, where, what, why, thread, ...drawn, ...more };
  });
  figure.dataset.ready = "";

  const SVG = "http://www.w3.org/2000/svg";
  const make = (tag, attributes = {}, ...inside) => fill(document.createElement(tag), attributes, inside);
  const shape = (tag, attributes = {}, ...inside) => fill(document.createElementNS(SVG, tag), attributes, inside);
  const fill = (element, attributes, inside) => {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...inside.filter((each) => each !== null && each !== ""));
    return element;
  };

  // The parts.
  const host = make("div", { "data-lm-suppress-shortcuts": "true" });
  const root = host.attachShadow({ mode: "open" });
  const grid = make("div", { class: "grid", role: "group", tabindex: "-1", "aria-label": `Player. ${picture.alt}` });
  const stage = make("div", { class: "stage", "aria-hidden": "true" });
  stage.innerHTML = film.stage;
  const svg = stage.firstChild;
  const { width, height } = svg.viewBox.baseVal;
  for (const label of ["role", "aria-labelledby"]) svg.removeAttribute(label);
  const [lights, trails, numbers, tokens] = [0, 1, 2, 3].map(() => svg.appendChild(shape("g")));
  const button = (name, label, act) => {
    const made = make("button", { type: "button", "aria-label": label, title: label }, name);
    made.addEventListener("click", act);
    return made;
  };
  const play = button("▶ Play", "Play (space)", () => (timer === null ? start() : stop()));
  play.className = "play";
  const toStart = button("Start", "Start (Home)", () => go(0));
  const hopBack = button("« Hop", "One hop back (Page Up)", () => go(hopFrom(-1)));
  const back = button("‹ Step", "One step back (left arrow)", () => go(next(-1)));
  const on = button("Step ›", "One step on (right arrow)", () => go(next(1), true));
  const hopOn = button("Hop »", "One hop on (Page Down)", () => go(hopFrom(1), true));
  const toEnd = button("End", "End (End)", () => go(moments.length - 1));
  const speed = make("select", {});
  for (const [name, factor] of [
    ["slow", 0.5],
    ["normal", 1],
    ["fast", 2],
    ["very fast", 5],
  ])
    speed.append(make("option", factor === 1 ? { value: factor, selected: "" } : { value: factor }, name));
  const hopsOnly = make("input", { type: "checkbox" });
  const scrub = make("input", {
    type: "range",
    min: 0,
    max: moments.length - 1,
    step: 1,
    value: 0,
    "aria-label": "Step",
  });
  scrub.addEventListener("input", () => go(Number(scrub.value)));
  const count = make("span", { class: "count" });
  const panel = make("div", { class: "panel", tabindex: 0, role: "region", "aria-label": "What happens, and why" });
  const live = make("p", { class: "live", "aria-live": "polite" });

  // Hops: moments that cross a cable. Pointing at one, or focusing it, shows what was decided there.
  const hops = moments.flatMap(({ hop }, i) => (hop === undefined ? [] : [i]));
  const answers = ({ thread }) => threads[thread][1] === 1;
  const hopButtons = hops.map((at) => {
    const moment = moments[at];
    const name = `Hop ${moment.hop}: ${texts[moment.where]}, ${texts[threads[moment.thread][0]]}`;
    const made = make("button", { type: "button", tabindex: -1, "aria-label": name, title: name }, `${moment.hop}`);
    made.addEventListener("click", () => go(at));
    preview(made, at);
    return made;
  });
  const hopBar = make(
    "div",
    { class: "hops", role: "group", "aria-label": "Hops" },
    make("span", { class: "muted" }, "Hops"),
    ...hopButtons,
  );
  hopBar.addEventListener("keydown", (event) => {
    const i = hopButtons.indexOf(event.target);
    const other = { ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: hopButtons.length - 1 }[event.key];
    if (i < 0 || other === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    hopButtons[other]?.focus();
  });
  function preview(element, at) {
    for (const event of ["pointerenter", "focus"]) element.addEventListener(event, () => tell(at, at !== now));
    for (const event of ["pointerleave", "blur"]) element.addEventListener(event, () => tell(now, false));
  }

  let now = 0;
  let timer = null;
  let moving = 0;
  let told = "";
  const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const factor = () => Number(speed.value);

  // From step to step.
  function hopFrom(direction) {
    const others = direction > 0 ? hops.filter((at) => at > now) : hops.filter((at) => at < now).reverse();
    return others[0] ?? (direction > 0 ? moments.length - 1 : 0);
  }
  function next(direction) {
    return hopsOnly.checked ? hopFrom(direction) : now + direction;
  }
  function go(to, moves = false) {
    stop();
    show(to, moves);
  }
  function stop() {
    clearTimeout(timer);
    timer = null;
    play.firstChild.data = now === moments.length - 1 ? "▶ Again" : "▶ Play";
    play.setAttribute("aria-label", "Play (space)");
  }
  function start() {
    const isOver = now === moments.length - 1;
    play.firstChild.data = "❚❚ Pause";
    play.setAttribute("aria-label", "Pause (space)");
    timer = setTimeout(tick, isOver ? 0 : 150, isOver ? 0 : undefined);
  }
  // A sentence stays as long as it takes to read it.
  function tick(to = next(1)) {
    if (!host.isConnected) return stop();
    const took = show(to, true);
    if (now === moments.length - 1) return stop();
    const words = texts[moments[now].why].length;
    timer = setTimeout(tick, took + Math.min(1100 + 22 * words, 4500) / factor());
  }

  /** Shows a moment; says how long its motion takes. */
  function show(to, moves) {
    const before = now;
    now = Math.max(0, Math.min(moments.length - 1, to));
    const moment = moments[now];
    scrub.value = now;
    const hop = hops.filter((at) => at <= now).length;
    count.textContent = `step ${now + 1} of ${moments.length} · hop ${hop} of ${hops.length} · ${texts[moment.time]}`;
    scrub.setAttribute(
      "aria-valuetext",
      `step ${now + 1} of ${moments.length}: ${texts[moment.where]}, ${texts[moment.what]}`,
    );
    for (const [each, isAt] of [
      [toStart, 0],
      [hopBack, 0],
      [back, 0],
      [on, moments.length - 1],
      [hopOn, moments.length - 1],
      [toEnd, moments.length - 1],
    ])
      each.setAttribute("aria-disabled", `${now === isAt}`);
    hopButtons.forEach((each, i) => {
      const isNow = i === Math.max(0, hop - 1);
      each.className = [
        hops[i] <= now ? "past" : "",
        answers(moments[hops[i]]) ? "back" : "",
        isNow && hop > 0 ? "now" : "",
      ]
        .join(" ")
        .trim();
      each.tabIndex = isNow ? 0 : -1;
      if (isNow) {
        each.setAttribute("aria-current", "step");
        const top = each.offsetTop - 24;
        if (top < hopBar.scrollTop || top > hopBar.scrollTop + 30) hopBar.scrollTop = top;
      } else each.removeAttribute("aria-current");
    });
    tell(now, false);
    live.textContent = `Step ${now + 1} of ${moments.length}. ${texts[moment.where]}: ${texts[moment.what]}. ${texts[moment.why]}`;
    return draw(moment, moves && before < now);
  }

  // The stage.
  const lineOf = (points) => points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${x},${y}`).join("");
  function draw(moment, moves) {
    const run = ++moving;
    lights.replaceChildren(
      ...(moment.areas ?? []).map(([x, y, width, height], i) =>
        shape("rect", { x, y, width, height, rx: 5, class: i % 2 === 1 ? "lit device" : "lit" }),
      ),
    );
    const paths = [moment.path ?? [], ...(moment.cables ?? []).slice(1)].filter((path) => path.length > 1);
    const takes =
      moves && !isStill() && paths.length > 0 ? Math.min(1500, 350 + 2.2 * lengthOf(paths[0])) / factor() : 0;
    trail(moment, takes > 0);
    follow(where(now));
    if (takes === 0) {
      rest(moment);
      return 0;
    }
    const many = paths.map((path, i) => token(path[0], i > 0 ? "side" : ""));
    tokens.replaceChildren(...many);
    let began = null;
    const frame = (time) => {
      if (run !== moving) return;
      began ??= time;
      const part = Math.min(1, (time - began) / takes);
      const eased = part * part * (3 - 2 * part);
      many.forEach((each, i) => place(each, along(paths[i], eased)));
      if (part < 1) requestAnimationFrame(frame);
      else {
        trail(moment, false);
        rest(moment);
      }
    };
    requestAnimationFrame(frame);
    return takes;
  }
  function rest(moment) {
    const at = where(now);
    tokens.replaceChildren(...(at === undefined ? [] : [token(at, texts[moment.what] === "drop" ? "drop" : "")]));
  }
  /** Where the packet is; what the picture leaves out stays where it was seen last. */
  function where(at) {
    for (let i = at; i >= 0; i--)
      if (moments[i].path && moments[i].thread === moments[at].thread) return moments[i].path.at(-1);
    return undefined;
  }
  /** A stage that is taller than its window shows the part where the packet is. */
  function follow(at) {
    if (at === undefined || stage.scrollHeight <= stage.clientHeight) return;
    const y = (at[1] * svg.clientHeight) / height;
    stage.scrollTo({ top: y - stage.clientHeight / 2, behavior: isStill() ? "auto" : "smooth" });
  }
  /** The cables that this packet has crossed, with the numbers of its hops. */
  function trail(moment, isMoving) {
    const past = moments.slice(0, now + (isMoving ? 0 : 1)).map((each, i) => [each, i]);
    const mine = past.filter(([each]) => each.thread === moment.thread && each.cables);
    const side = answers(moment) ? " back" : "";
    trails.replaceChildren(
      ...mine.flatMap(([{ cables }]) =>
        cables.map((points, i) => shape("path", { d: lineOf(points), class: `trail${side}${i > 0 ? " side" : ""}` })),
      ),
    );
    numbers.replaceChildren(
      ...mine.map(([{ hop, cables }, at]) => {
        const [x, y] = along(cables[0], 0.5);
        const w = 14 + 7 * `${hop}`.length;
        const made = shape("g", { class: `number${side}`, transform: `translate(${x} ${y})` });
        made.append(
          shape("rect", { x: -w / 2, y: -10, width: w, height: 20, rx: 10 }),
          shape("text", { y: 4.3 }, `${hop}`),
        );
        made.addEventListener("click", () => go(at));
        preview(made, at);
        return made;
      }),
    );
  }
  function token(at, kind) {
    const made = shape("g", { class: `token ${kind}`.trim() });
    made.append(
      shape("circle", { r: 15 }),
      shape("rect", { x: -9, y: -6, width: 18, height: 12, rx: 1.5 }),
      shape("path", { d: "M-9,-5L0,2L9,-5" }),
      shape("path", { d: "M-10,-10L10,10M10,-10L-10,10", class: "cross" }),
    );
    place(made, at);
    return made;
  }
  function place(element, [x, y]) {
    element.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
  }
  function lengthOf(points) {
    return points.slice(1).reduce((sum, [x, y], i) => sum + Math.hypot(x - points[i][0], y - points[i][1]), 0);
  }
  function along(points, part) {
    let left = lengthOf(points) * part;
    for (let i = 1; i < points.length; i++) {
      const [[x1, y1], [x2, y2]] = [points[i - 1], points[i]];
      const length = Math.hypot(x2 - x1, y2 - y1);
      if (left <= length && length > 0) return [x1 + ((x2 - x1) * left) / length, y1 + ((y2 - y1) * left) / length];
      left -= length;
    }
    return points[points.length - 1];
  }

  // The panel.
  function tell(at, isPreview) {
    const key = `${at} ${isPreview}`;
    if (key === told) return;
    told = key;
    const moment = moments[at];
    const [caption, isBack] = threads[moment.thread];
    const what = texts[moment.what];
    const word = (n) => texts[n];
    const section = (title, ...inside) => [make("h4", {}, title), ...inside];
    const parts = [
      make("p", { class: "place" }, isPreview ? `Hop ${moment.hop}: ` : "", word(moment.where)),
      word(caption) === ""
        ? null
        : make("p", { class: isBack ? "packet back" : "packet" }, `${isBack ? "←" : "→"} ${word(caption)}`),
      make("p", { class: "why" }, make("span", { class: `what ${what}` }, what), word(moment.why)),
    ];
    if (moment.chain !== undefined) parts.push(make("p", { class: "muted" }, word(moment.chain)));
    if (moment.entry !== undefined)
      parts.push(...section("Because of", make("code", {}, word(moment.command)), make("pre", {}, word(moment.entry))));
    if (moment.decidedBy)
      parts.push(
        ...section(
          "Decided by",
          make(
            "ul",
            {},
            ...moment.decidedBy.map((i) =>
              make(
                "li",
                {},
                make("b", {}, `${word(moments[i].what)}: `),
                make("code", {}, word(moments[i].entry ?? moments[i].why)),
              ),
            ),
          ),
        ),
      );
    if (moment.tried) {
      const rows = moment.tried.map(([text, field, wanted, had]) =>
        make(
          "li",
          { class: "no" },
          make("code", {}, word(text)),
          make("span", { class: "muted" }, ` ${word(field)}: wanted ${word(wanted)}, had ${word(had)}`),
        ),
      );
      const more =
        moment.untold === undefined
          ? null
          : make("li", { class: "muted" }, `${moment.untold} more were tried before these`);
      parts.push(...section("Tried, and not it", make("ul", {}, more, ...rows)));
    }
    if (moment.heard) {
      const rows = moment.heard.map(([place, why]) => make("li", {}, make("b", {}, `${word(place)}: `), word(why)));
      const more = moment.deaf === undefined ? null : make("li", { class: "muted" }, `and ${moment.deaf} more`);
      parts.push(...section("Others who heard it", make("ul", {}, ...rows, more)));
    }
    if (moment.headers !== undefined) parts.push(...section("Headers now", ...headersOf(moment)));
    panel.replaceChildren(...parts.filter((part) => part !== null));
    panel.className = isPreview ? "panel preview" : "panel";
    panel.scrollTop = 0;
  }
  function headersOf({ headers, changes = [], added = [], removed = [] }) {
    const layers = film.headers[headers].map(([name, ...fields], layer) => {
      const cells = [];
      for (let i = 0; i < fields.length; i += 2) {
        const change = changes.find(([l, f]) => l === layer && f === i / 2);
        const was = change ? make("span", { class: "was" }, `was ${change[2]}`) : null;
        cells.push(
          make(
            "span",
            { class: change ? "field changed" : "field" },
            make("small", {}, texts[fields[i]]),
            make("span", { class: "v" }, texts[fields[i + 1]]),
            was,
          ),
        );
      }
      const isNew = added.includes(layer);
      return make(
        "div",
        { class: isNew ? "layer new" : "layer" },
        make("b", {}, texts[name], isNew ? make("small", {}, "put around") : null),
        make("div", { class: "fields" }, ...cells),
      );
    });
    const gone =
      removed.length === 0
        ? []
        : [make("p", {}, make("b", {}, "Taken off: "), removed.map((n) => texts[n]).join(", "))];
    return [...gone, ...layers];
  }

  // Keys. What a focused control does with a key itself, it keeps.
  grid.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target === speed) return;
    const isPressed = event.target.localName === "button" || event.target === hopsOnly;
    const scrolls = event.target === panel;
    const acts = {
      " ": isPressed ? undefined : () => (timer === null ? start() : stop()),
      ArrowRight: () => go(event.shiftKey ? hopFrom(1) : next(1), true),
      ArrowLeft: () => go(event.shiftKey ? hopFrom(-1) : next(-1)),
      PageDown: scrolls ? undefined : () => go(hopFrom(1), true),
      PageUp: scrolls ? undefined : () => go(hopFrom(-1)),
      Home: () => go(0),
      End: () => go(moments.length - 1),
    };
    // A slide show around it must not turn its page.
    event.stopPropagation();
    if (acts[event.key] === undefined) return;
    event.preventDefault();
    acts[event.key]();
  });

  grid.append(
    make(
      "div",
      { class: "controls" },
      play,
      toStart,
      hopBack,
      back,
      on,
      hopOn,
      toEnd,
      make("label", {}, "Speed", speed),
      make("label", {}, hopsOnly, "hop by hop"),
    ),
    make("div", { class: "scrub" }, scrub, count),
    hopBar,
    stage,
    make("div", { class: "side" }, panel),
  );
  if (film.left) grid.append(make("p", {}, `${film.left} more steps are in the story.`));
  // Side by side where the stage stays readable beside a panel.
  const beside = Math.round(Math.max(width * 0.85 + 370, 720));
  const style = make("style", {}, css.replace("880px", `${beside}px`), `.grid{--w:${width}px;--h:${height}px}`);
  root.append(style, make("div", { class: "player" }, grid), live);
  picture.before(host);
  picture.style.display = "none";
  show(0, false);
  stop();
}
