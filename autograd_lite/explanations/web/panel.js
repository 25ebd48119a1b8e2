// The panel: one step at length, or the paths of a leaf.

// --- the panel: one step ---------------------------------------------------------------------------------------------

/** A term and what belongs to it: beside it, or below where there is too much of it. */
function row(term, ...described) {
  const wide = described.some((part) => part.classList?.contains("wide"));
  return [make("dt", {}, ...[term].flat()), make("dd", { className: wide ? "wide" : "" }, ...described)];
}

function renderStep() {
  const step = steps[state.step - 1];
  at("step").replaceChildren(...(step ? nodePanel(step) : startPanel()));
  at("panel").scrollTop = 0;
}

function startPanel() {
  return [
    make("h2", {}, "The start: ", name(data.cost)),
    make("p", {}, derivative(data.cost), " = ", shown(values[data.start.value])),
    make("p", {}, "From here the pass goes back, from the newest node to the oldest. Each step multiplies what has arrived at a node ",
      "by one local derivative, and adds the product at one of its inputs."),
    make("p", { className: "faint" }, "Step on with → or the slider. Click a parameter, or press Enter on it, to see all its paths to ",
      name(data.cost), "."),
  ];
}

/** The node whose rules run, and all its inputs; the one this step is for at length. */
function nodePanel(step) {
  const siblings = steps.map((s, i) => [s, i + 1]).filter(([s]) => s.node === step.node && s.made === step.made);
  const intro = make("p", {}, "Every use of ", name(step.node), " has reported: ", derivative(step.node), " = ", shown(values[step.upstream]));
  return [
    make("h2", {}, phrase(step.made)),
    intro,
    make("p", { className: "faint" }, `Its rule sends ${step.joins ? "" : "upstream × local "}to ${siblings.length > 1 ? "each" : "its"} input:`),
    ...siblings.map(([s, number]) => (s === step ? currentUse(s) : otherUse(s, number))),
  ];
}

function head(step, words) {
  const badge = step.equation ? [make("span", { className: "badge" }, step.equation)] : [];
  return make("div", { className: "head" }, make("b", {}, "to ", name(step.to)), ...badge, make("span", { className: "state" }, words));
}

function currentUse(step) {
  const [upstream, contribution, after] = [step.upstream, step.contribution, step.after].map((i) => values[i]);
  const [local, before] = [step.local, step.before].map((i) => (i === null ? null : values[i]));
  const numbers = local && [upstream, local, contribution, after].every(single);
  const list = [...row(step.joins ? "rule" : "local", make("span", { className: "formula" }, phrase(step.formula)))];
  if (numbers) {
    list.push(...row("upstream × local", shown(upstream), " × ", shown(local), " = ", shown(contribution)));
  } else {
    if (local) list.push(...row("", shown(local)));
    list.push(...row("upstream", shown(upstream)), ...row("contribution", shown(contribution)));
  }
  list.push(make("div", { className: "rule" }), ...row("before", before ? shown(before) : make("span", { className: "faint" }, "— nothing yet")));
  const sum = numbers && before ? [shown(before), " + ", shown(contribution), " = ", shown(after)] : [shown(after)];
  list.push(...row(step.complete ? derivative(step.to) : ["so far"], ...sum));
  const law = step.law ? [make("p", { className: "law" }, make("b", {}, `${step.equation}  `), step.law)] : [];
  return make("div", { className: "use now" }, head(step, step.complete ? "complete now" : "more to come"), make("dl", {}, ...list), ...law);
}

function otherUse(step, number) {
  const done = number < state.step;
  const button = make("button", { type: "button", className: "use" }, head(step, done ? "done" : "next"));
  if (done) button.append(make("div", {}, shown(values[step.contribution])));
  button.addEventListener("click", () => go(number));
  return button;
}

function announcement() {
  const step = steps[state.step - 1];
  if (!step) return `Start. The derivative of ${data.cost} by itself is ${spoken(values[data.start.value])}.`;
  const [contribution, after] = [step.contribution, step.after].map((i) => spoken(values[i]));
  const equation = step.equation ? ` ${step.equation}.` : "";
  return `Step ${state.step} of ${steps.length}. ${step.made} sends ${contribution} to ${step.to}, which now has ${after}.${equation}`;
}

// --- the panel: paths ------------------------------------------------------------------------------------------------

function renderPaths() {
  const leaf = leaves[state.leaf];
  at("paths").hidden = !leaf;
  at("step").hidden = Boolean(leaf);
  cardElements.forEach((element, i) => {
    if (leaves[i]) element.setAttribute("aria-pressed", String(i === Number(state.leaf) && state.leaf !== null));
  });
  if (!leaf) return at("paths").replaceChildren();
  const close = make("button", { type: "button", className: "close", title: "Back to the step (Esc)" }, "Close");
  close.addEventListener("click", () => select(null));
  const items = leaf.paths.map((path, i) => make("li", {}, pathButton(path, i)));
  const many = single(values[leaf.total]);
  const way = many ? "Along a path local derivatives multiply; paths add up."
    : "Each path carries its own share of the gradient; paths add up.";
  const sum = many && leaf.paths.length < 8 ? sumOf(leaf) : [];
  const rest = leaf.more ? [make("p", { className: "rest" }, `${leaf.more} more, together: `, shown(values[leaf.remainder]))] : [];
  const note = leaf.exact ? [] : [make("p", { className: "faint" }, "There are too many to look at them all: larger ones may not be listed.")];
  return at("paths").replaceChildren(
    close,
    make("h2", {}, `${leaf.count} from `, name(leaf.name), " to ", name(data.cost)),
    make("p", { className: "faint" }, way),
    make("ol", {}, ...items),
    ...rest,
    make("div", { className: "total" }, make("p", {}, "sum of the paths = ", derivative(leaf.name), " = ", shown(values[leaf.total])), ...sum),
    ...note,
  );
}

function pathButton(path, i) {
  const value = values[path.value];
  const product = path.slopes.length
    ? make("div", { className: "sum" }, `${path.slopes.join(" × ")} = `, shown(value))
    : make("div", {}, shown(value));
  const size = single(value) ? "" : `norm ${path.size}, `;
  const button = make("button", { type: "button", className: "use", "aria-pressed": String(state.path === i) },
    make("div", { className: "head" }, make("b", {}, phrase(path.way)), make("span", { className: "state" }, `${size}${path.share}`)), product);
  button.addEventListener("click", () => {
    state.path = state.path === i ? null : i;
    render();
    at("paths").querySelectorAll("button.use")[i].focus();
  });
  return button;
}

function sumOf(leaf) {
  const terms = leaf.paths.flatMap((path, i) => (i ? [" + ", shown(values[path.value])] : [shown(values[path.value])]));
  return leaf.paths.length > 1 && !leaf.more ? [make("p", { className: "sum" }, ...terms, " = ", shown(values[leaf.total]))] : [];
}

function pathsAnnouncement() {
  const leaf = leaves[state.leaf];
  return `${leaf.count} from ${leaf.name} to ${data.cost}. Their sum is ${spoken(values[leaf.total])}.`;
}
