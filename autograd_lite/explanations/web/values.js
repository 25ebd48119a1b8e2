"use strict";

// Elements, and values as elements. Texts become text nodes only: what a name contains is never markup.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element with properties, attributes where there is a dash in the name, and children (nodes or texts). */
function make(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-")) made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
}

/** An SVG element with attributes and children. */
function draw(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const signs = { "1": "positive", "0": "", "-1": "negative" };

/** A value of the data as an element: its numbers, or a strip of cells and its range. */
function shown(value) {
  if (value.l && value.r.startsWith("all ")) return make("span", { className: "formula" }, value.r);
  if (value.l) return strip(value);
  if (!value.n.length || !value.n[0].length) return make("span", { className: "numbers" }, "empty");
  if (value.n.length === 1 && value.n[0].length === 1) {
    const [text, sign] = value.n[0][0];
    return make("span", { className: `formula ${signs[sign]}` }, text);
  }
  const cells = (row, tag) => row.map(([text, sign]) => make(tag, { className: signs[sign] }, text));
  if (value.n.length === 1) return make("span", { className: "numbers list" }, ...cells(value.n[0], "span"));
  const wide = value.n[0].length > 3 ? "wide" : "";
  const rows = value.n.map((row) => make("tr", {}, ...cells(row, "td")));
  return make("table", { className: `numbers ${wide}`, role: "presentation" }, ...rows);
}

function colour(level) {
  if (level === "x") return "var(--missing)";
  const step = level.charCodeAt(0) - "f".charCodeAt(0);
  if (step === 0) return "var(--zero)";
  return `var(--ramp-${step > 0 ? "positive" : "negative"}-${Math.abs(step) - 1})`;
}

function strip(value) {
  const [rows, columns] = [value.l.length, value.l[0].length];
  const across = Math.max(5, Math.min(16, Math.floor(320 / columns)));
  const down = rows === 1 ? 14 : Math.max(5, Math.min(16, Math.floor(110 / rows)));
  const cells = [draw("rect", { width: columns * across, height: rows * down, fill: "var(--zero)" })];
  value.l.forEach((row, i) => {
    for (let j = 0; j < columns; ) {
      let end = j + 1;
      while (end < columns && row[end] === row[j]) end += 1;
      const [x, y, width, fill] = [j * across, i * down, (end - j) * across, colour(row[j])];
      if (row[j] >= "a" && row[j] < "f") { // below zero: gaps tell the sign where colours do not
        const look = { stroke: fill, "stroke-width": down - 1, "stroke-dasharray": `${across - 1} 1` };
        cells.push(draw("path", { d: `M${x},${y + (down - 1) / 2}h${width}`, ...look }));
      } else cells.push(draw("rect", { x, y, width, height: down, fill }));
      j = end;
    }
  });
  const size = { viewBox: `0 0 ${columns * across} ${rows * down}`, width: columns * across, height: rows * down };
  const picture = draw("svg", { ...size, "shape-rendering": "crispEdges", role: "img", "aria-label": spoken(value) }, ...cells);
  return make("div", { className: "strip" }, picture, make("span", {}, `${value.s}, ${value.r}`));
}

/** A value in words. */
function spoken(value) {
  if (value.l && value.r.startsWith("all ")) return value.r;
  if (value.l) return `${value.s} numbers from ${value.r.replace(" … ", " to ")}`;
  return value.n.flat().map(([text]) => text).join(" ") || "empty";
}

/** Is it one number? */
function single(value) {
  return Boolean(value.n) && value.n.length === 1 && value.n[0].length === 1;
}
