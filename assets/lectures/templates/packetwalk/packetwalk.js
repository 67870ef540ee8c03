// Starts the deck: each slide's content is drawn as large as fits, and code, text and picture go beside each
// other where that shows them larger.
(() => {
  const WIDTH = 1280;
  const HEIGHT = 720;
  const ROOM = { width: WIDTH - 60, height: HEIGHT - 80 };
  /** A box that is wider than its slide by no more than its own padding still ends before the margin does. */
  const SLACK = 24;
  const LARGEST = 1.4;
  const STEP = 0.05;
  const slides = document.querySelector(".slides");
  const leaves = [...slides.querySelectorAll("section")].filter((each) => !each.querySelector("section"));

  for (const section of leaves) {
    const fit = document.createElement("div");
    fit.className = "fit";
    fit.append(...[...section.childNodes].filter((node) => !node.matches?.("aside")));
    section.prepend(fit);
  }

  /** The largest scale at which the content, laid out anew for it, is neither wider nor higher than the slide. */
  function scaleOf(fit) {
    for (let scale = LARGEST; scale > STEP; scale -= STEP) {
      fit.style.width = `${ROOM.width / scale}px`;
      if (fit.scrollHeight * scale <= ROOM.height && (fit.scrollWidth - fit.clientWidth) * scale <= SLACK) return scale;
    }
    return STEP;
  }

  const LAYOUTS = ["fit", "fit beside", "fit apart", "fit beside apart"];

  function lay(fit) {
    const layouts = fit.querySelector(":scope > .jp-CodeCell figure") ? LAYOUTS : LAYOUTS.slice(0, 1);
    let [scale, best] = [0, ""];
    for (const layout of layouts) {
      fit.className = layout;
      const now = scaleOf(fit);
      if (now > scale) [scale, best] = [now, layout];
    }
    fit.className = best;
    fit.style.width = `${ROOM.width / scale}px`;
    fit.style.height = `${ROOM.height / scale}px`;
    fit.style.transform = `scale(${scale.toFixed(2)})`;
  }

  /** The section a slide belongs to, at the foot of slides that don't say it themselves. */
  function where() {
    const slide = Reveal.getCurrentSlide();
    const heading = slide.parentElement.querySelector("h1, h2, h3");
    const own = slide.querySelector("h1, h2, h3");
    document.querySelector(".where").textContent = own || !heading ? "" : heading.textContent.replace("¶", "");
  }

  addEventListener("load", async () => {
    await Reveal.initialize({
      width: WIDTH,
      height: HEIGHT,
      margin: 0.02,
      center: false,
      controls: false,
      hash: true,
      navigationMode: "linear",
      transition: "none",
      slideNumber: "c/t",
      plugins: [RevealNotes, RevealZoom],
    });
    slides.classList.add("measured");
    for (const section of leaves) lay(section.firstElementChild);
    slides.classList.remove("measured");
    Reveal.on("slidechanged", where);
    Reveal.layout();
    where();
    document.body.dataset.ready = "";
  });
})();
