// The page: which step is shown and which leaf's paths are lit; the buttons, keys and the address that say so.

const BEAT = 1400; // milliseconds a step while playing
const listen = (id, act) => at(id).addEventListener("click", act);

/** Go to a step; the paths of a leaf give way to it. */
function go(step, { quiet = false } = {}) {
  state.step = Math.max(0, Math.min(steps.length, step));
  state.leaf = state.path = null;
  render(quiet);
}

/** Light the paths of the leaf on a card, or none. */
function select(leaf) {
  pause();
  state.leaf = leaf;
  state.path = null;
  render();
  if (leaf !== null) follow();
}

function render(quiet = false) {
  const { step, leaf } = state;
  renderGradients();
  renderPicture();
  renderStep();
  renderPaths();
  const slider = at("slider");
  slider.value = step;
  slider.setAttribute("aria-valuetext", `step ${step} of ${steps.length}`);
  at("where").textContent = `step ${step} of ${steps.length}`;
  for (const id of ["first", "previous"]) at(id).disabled = step === 0;
  for (const id of ["next", "last"]) at(id).disabled = step === steps.length;
  if (!quiet) at("live").textContent = leaf === null ? announcement() : pathsAnnouncement();
  remember();
}

// --- following, playing, remembering ---------------------------------------------------------------------------------

function follow() {
  if (state.leaf !== null) {
    const lit = new Set([Number(state.leaf), data.start.card]);
    leaves[state.leaf].edges.forEach((edge) => lit.add(edges[edge][0]).add(edges[edge][1]));
    const boxesOfPaths = [...lit].map((i) => boxes[i]);
    return view.fits(boxesOfPaths) ? view.fit(around(boxesOfPaths)) : view.show([boxes[state.leaf]], LEAST);
  }
  const step = steps[state.step - 1];
  return view.show(step ? [boxes[step.card], boxes[step.input]] : [boxes[data.start.card]]);
}

function play() {
  if (state.playing) return pause();
  if (state.step === steps.length) go(0);
  state.playing = setInterval(() => {
    if (state.step >= steps.length) return pause();
    move(state.step + 1, true);
    if (state.step >= steps.length) pause();
    return undefined;
  }, BEAT);
  at("play").textContent = "Pause";
  return undefined;
}

function pause() {
  clearInterval(state.playing);
  state.playing = 0;
  at("play").textContent = "Play";
}

/** What the reader asks for ends the playing. */
function move(step, playing = false) {
  if (!playing) pause();
  go(step);
  follow();
}

const embedded = window !== window.top || location.protocol === "about:";

function remember() {
  if (embedded) return;
  const leaf = leaves[state.leaf];
  const hash = `#step=${state.step}${leaf ? `&leaf=${encodeURIComponent(leaf.key)}` : ""}`;
  if (location.hash !== hash) history.replaceState(null, "", hash);
}

/** Show what the address says; anything that is not there is left out. */
function recall() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const step = Number.parseInt(wanted.get("step") ?? "0", 10);
  const leaf = Object.keys(leaves).find((i) => leaves[i].key === wanted.get("leaf"));
  go(Number.isNaN(step) ? 0 : step, { quiet: true });
  if (leaf !== undefined) select(Number(leaf));
  follow();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const on = event.target.closest?.("button, input");
  const slider = on && on.id === "slider";
  const acts = {
    ArrowRight: () => move(state.step + 1),
    ArrowLeft: () => move(state.step - 1),
    Home: () => move(0),
    End: () => move(steps.length),
    " ": play,
    Escape: () => {
      pause();
      hush();
      if (state.leaf !== null) select(null);
    },
    "+": () => view.zoom(1.25),
    "-": () => view.zoom(0.8),
    0: () => view.fit(),
  };
  const act = acts[event.key];
  if (!act || (event.key === " " && on && !slider) || (slider && event.key.length > 1 && event.key !== "Escape")) return;
  event.preventDefault();
  act();
}

const view = new View(stage, svg, () => follow());
at("slider").max = steps.length;
prepareCards();
svg.append(overlay);
listen("first", () => move(0));
listen("previous", () => move(state.step - 1));
listen("next", () => move(state.step + 1));
listen("last", () => move(steps.length));
listen("play", play);
listen("closer", () => view.zoom(1.25));
listen("farther", () => view.zoom(0.8));
listen("fit", () => view.fit());
at("slider").addEventListener("input", (event) => move(Number(event.target.value)));
addEventListener("keydown", onKey);
if (!embedded) addEventListener("hashchange", recall);
recall();
