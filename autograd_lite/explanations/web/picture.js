// The picture: gradients as they become known, what is lit, and all about a card.

/** Of the gradients that are drawn on every card, show the one of this step. */
function renderGradients() {
  cards.forEach((card, i) => {
    if (card.since.length < 2) return;
    const now = moment(card);
    card.since.forEach((_, k) => {
      const element = at(`${svg.id}-${i}-${k}`);
      if (k === now) element.removeAttribute("display");
      else element.setAttribute("display", "none");
    });
  });
}

const moment = (card) => card.since.findLastIndex((since) => since <= state.step);

function renderPicture() {
  overlay.replaceChildren();
  const step = steps[state.step - 1];
  const leaf = leaves[state.leaf];
  const lit = new Set();
  if (leaf) (state.path === null ? leaf.edges : leaf.paths[state.path].edges).forEach((edge) => lit.add(edge));
  const litCards = new Set(leaf ? [Number(state.leaf), data.start.card] : []);
  lit.forEach((edge) => litCards.add(edges[edge][0]).add(edges[edge][1]));
  edgeElements.forEach((element, i) => {
    element.classList.toggle("active", !leaf && Boolean(step) && step.edge === i);
    element.classList.toggle("lit", lit.has(i));
    if (element.matches(".active, .lit")) cardElements[0].before(element); // above the edges it shares a line with
    element.classList.toggle("dim", Boolean(leaf) && !lit.has(i));
  });
  cardElements.forEach((element, i) => element.classList.toggle("dim", Boolean(leaf) && !litCards.has(i)));
  if (leaf) {
    litCards.forEach((card) => ring(card, ""));
    if (state.path !== null) Object.entries(leaf.paths[state.path].labels).forEach(([edge, text]) => label(edge, text));
  } else if (step) {
    ring(step.card, "");
    if (step.input !== step.card) ring(step.input, "input");
    if (step.label && step.edge >= 0) label(step.edge, step.label);
  } else ring(data.start.card, "");
}

function ring(card, kind) {
  const { x, y, width, height } = boxes[card];
  const shape = { x: x - 3, y: y - 3, width: width + 6, height: height + 6, rx: 8, class: `ring ${kind}` };
  overlay.append(draw("rect", shape));
}

/** A local derivative before the tip of its arrow, where there is no card. */
function label(edge, text) {
  const [, , x, y] = edges[edge];
  const width = 5.75 * text.length + 9;
  const [left, middle] = data.down ? [x - width / 2, y - 22] : [x - 13 - width, y];
  const words = draw("text", { x: left + width / 2, y: middle + 3.4, "text-anchor": "middle" }, text);
  overlay.append(draw("g", { class: "slope" }, draw("rect", { x: left, y: middle - 8, width, height: 16, rx: 8 }), words));
}

// --- cards: all about one, on hover and focus ------------------------------------------------------------------------

function tell(i) {
  const card = cards[i];
  const gradient = card.grads.length ? [`gradient: ${card.grads[moment(card)]}`] : [];
  const lines = [...card.about, ...gradient].map((line) => make("span", {}, phrase(line)));
  const tooltip = at("tooltip");
  tooltip.replaceChildren(make("b", {}, phrase(card.title)), ...lines);
  tooltip.hidden = false;
  const [around, box] = [stage.getBoundingClientRect(), cardElements[i].getBoundingClientRect()];
  const below = box.bottom - around.top + 10;
  const top = below + tooltip.offsetHeight < around.height ? below : box.top - around.top - tooltip.offsetHeight - 10;
  const left = Math.min(Math.max(8, box.left - around.left), around.width - tooltip.offsetWidth - 8);
  tooltip.style.left = `${left}px`;
  tooltip.style.top = `${Math.max(8, top)}px`;
}

function hush() {
  at("tooltip").hidden = true;
}

function prepareCards() {
  cardElements.forEach((element, i) => {
    element.querySelector("title")?.remove(); // the tooltip says the same and more
    element.classList.add("card");
    element.classList.toggle("leaf", Boolean(leaves[i]));
    element.setAttribute("tabindex", "0");
    element.setAttribute("role", leaves[i] ? "button" : "img");
    element.setAttribute("aria-label", leaves[i] ? `${cards[i].title}: show its paths` : `${cards[i].title}, ${cards[i].kind}`);
    element.addEventListener("pointerenter", () => tell(i));
    element.addEventListener("pointerleave", hush);
    element.addEventListener("focus", () => {
      if (!element.matches(":focus-visible")) return;
      view.show([boxes[i]]);
      tell(i);
    });
    element.addEventListener("blur", hush);
    if (!leaves[i]) return;
    element.addEventListener("click", () => {
      if (!view.moved) select(state.leaf === i ? null : i);
    });
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      select(state.leaf === i ? null : i);
    });
  });
  edgeElements.forEach((element) => element.classList.add("edge"));
}
