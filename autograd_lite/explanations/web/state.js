// What the page is about: the data, the elements that stand for it, and what is shown of it now.

const data = JSON.parse(document.getElementById("data").textContent);
const { cards, edges, steps, leaves, values } = data;
const at = (id) => document.getElementById(id);
const stage = at("stage");
const svg = stage.querySelector("svg");
const boxes = cards.map(({ box: [x, y, width, height] }) => ({ x, y, width, height }));
const cardElements = cards.map((_, i) => at(`${svg.id}-${i}`));
const edgeElements = edges.map((_, i) => at(`${svg.id}-e${i}`));
const overlay = draw("g");
const state = { step: 0, leaf: null, path: null, playing: 0 };

const name = (text) => make("bdi", {}, text);
const phrase = (text) => make("bdi", { dir: "ltr" }, text); // names in it are isolated already
const derivative = (of) => make("span", {}, "∂", name(data.cost), "/∂", name(of));
