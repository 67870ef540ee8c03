// Starts the deck. Slides higher than the screen are made smaller, code goes beside a picture where that shows more of
// it, and a prediction's answer waits for a key.
(() => {
  const WIDTH = 1280;
  const HEIGHT = 720;
  const ROOM = { width: WIDTH - 60, height: HEIGHT - 70 };
  const leaves = [...document.querySelectorAll(".slides section")].filter((each) => !each.querySelector("section"));

  for (const section of leaves) {
    const fit = document.createElement("div");
    fit.className = "fit";
    fit.append(...[...section.childNodes].filter((node) => !node.matches?.("aside")));
    section.prepend(fit);
  }
  for (const output of document.querySelectorAll(".celltag_later .jp-Cell-outputWrapper")) output.classList.add("fragment");

  /** How large its content may be drawn, as it stands now; text is not made larger. */
  function scaleOf(fit) {
    fit.style.width = `${ROOM.width}px`;
    const width = Math.max(fit.scrollWidth, ROOM.width);
    return { width, scale: Math.min(1, ROOM.width / width, ROOM.height / fit.scrollHeight) };
  }

  function lay(section) {
    const fit = section.querySelector(".fit");
    const before = section.style.cssText;
    section.style.cssText = "display:block;position:absolute;visibility:hidden";
    let best = scaleOf(fit);
    if (best.scale < 1 && fit.querySelector("figure, .jp-OutputArea-output pre") && fit.querySelector(".jp-CodeCell")) {
      fit.classList.add("beside");
      const beside = scaleOf(fit);
      if (beside.scale > best.scale) best = beside;
      else fit.classList.remove("beside");
    }
    fit.style.width = `${best.width}px`;
    if (best.scale < 1) {
      fit.style.transform = `scale(${best.scale})`;
      fit.style.height = `${fit.scrollHeight * best.scale}px`;
    }
    section.style.cssText = before;
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
      hash: true,
      transition: "none",
      slideNumber: "c/t",
      pdfSeparateFragments: false,
      plugins: [RevealNotes],
    });
    for (const section of leaves) lay(section);
    Reveal.on("slidechanged", where);
    Reveal.layout();
    where();
    document.body.dataset.ready = "";
  });
})();
