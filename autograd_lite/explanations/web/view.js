// The window on the picture: zoom, pan, and following what happens.

const READABLE = 0.75;
const LARGEST = 1.4;
const LEAST = 0.45; // smaller, cards cannot be told apart

class View {
  /** opened: called when a window that had no size at first, as in a frame that is loading, gets one */
  constructor(stage, svg, opened) {
    this.stage = stage;
    this.opened = opened;
    this.open = stage.clientWidth > 0;
    this.svg = svg;
    const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
    this.whole = { x: 0, y: 0, width, height };
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.scale = 1;
    this.x = width / 2; // the point of the picture in the middle of the window
    this.y = height / 2;
    this.frame = 0;
    this.moved = false;
    svg.removeAttribute("width");
    svg.removeAttribute("height");
    this.listen();
    this.begin();
  }

  get size() {
    const legend = this.stage.querySelector(".legend");
    return { width: this.stage.clientWidth || 1, height: Math.max(1, this.stage.clientHeight - (legend ? legend.offsetHeight : 0)) };
  }

  /** All of it if that can be read, else as large as can be read. */
  begin() {
    this.scale = Math.min(LARGEST, Math.max(READABLE, this.fitting(this.whole, 12)));
    this.centre(this.whole);
    this.apply();
  }

  fitting(box, margin) {
    const { width, height } = this.size;
    return Math.min((width - 2 * margin) / box.width, (height - 2 * margin) / box.height);
  }

  centre(box) {
    this.x = box.x + box.width / 2;
    this.y = box.y + box.height / 2;
  }

  apply() {
    const [width, height] = [this.stage.clientWidth || 1, this.stage.clientHeight || 1];
    const lift = (height - this.size.height) / 2; // the legend covers the lower edge
    const [w, h] = [width / this.scale, height / this.scale];
    this.svg.setAttribute("viewBox", `${this.x - w / 2} ${this.y + lift / this.scale - h / 2} ${w} ${h}`);
  }

  /** Move there, smoothly unless the reader wants no motion. */
  go(x, y, scale) {
    cancelAnimationFrame(this.frame);
    const from = { x: this.x, y: this.y, scale: this.scale };
    const began = performance.now();
    const tick = (now) => {
      const t = this.still.matches ? 1 : Math.min(1, (now - began) / 220);
      const s = t * (2 - t);
      this.x = from.x + (x - from.x) * s;
      this.y = from.y + (y - from.y) * s;
      this.scale = from.scale * Math.pow(scale / from.scale, s);
      this.apply();
      if (t < 1) this.frame = requestAnimationFrame(tick);
    };
    tick(began + (this.still.matches ? 220 : 0));
  }

  /** Show a box as a whole, and no larger than is needed. */
  fit(box = this.whole) {
    const scale = Math.min(LARGEST, this.fitting(box, 24));
    this.go(box.x + box.width / 2, box.y + box.height / 2, scale);
  }

  fits(boxes) {
    return this.fitting(around(boxes), 24) >= LEAST;
  }

  /** Move no farther than it takes to have the boxes in the window; the first one if not all can be. */
  show(boxes, scale = Math.max(this.scale, READABLE)) {
    let box = around(boxes);
    const { width, height } = this.size;
    const [w, h] = [width / scale - 60, height / scale - 60];
    if (box.width > w || box.height > h) box = boxes[0];
    const into = (at, start, length, room) => {
      if (length >= room) return start + length / 2;
      return Math.min(Math.max(at, start + length - room / 2), start + room / 2);
    };
    this.go(into(this.x, box.x, box.width, w), into(this.y, box.y, box.height, h), scale);
  }

  zoom(factor, clientX, clientY) {
    cancelAnimationFrame(this.frame);
    const area = this.stage.getBoundingClientRect();
    const scale = Math.min(6, Math.max(0.05, this.scale * factor));
    const dx = (clientX ?? area.left + area.width / 2) - (area.left + area.width / 2);
    const dy = (clientY ?? area.top + this.size.height / 2) - (area.top + this.size.height / 2);
    this.x += dx / this.scale - dx / scale;
    this.y += dy / this.scale - dy / scale;
    this.scale = scale;
    this.apply();
  }

  listen() {
    const { stage } = this;
    stage.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.clientX, event.clientY);
    }, { passive: false });
    const fingers = new Map();
    stage.addEventListener("pointerdown", (event) => {
      if (event.button || event.target.closest(".zoom, .legend")) return;
      fingers.set(event.pointerId, event);
      this.moved = false;
    });
    addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
      if (!this.moved && Math.hypot(dx, dy) < 4) return;
      if (!this.moved) cancelAnimationFrame(this.frame);
      this.moved = true;
      stage.classList.add("dragging");
      const other = [...fingers.values()].find((finger) => finger.pointerId !== event.pointerId);
      if (other) {
        const apart = (a) => Math.hypot(a.clientX - other.clientX, a.clientY - other.clientY) || 1;
        this.zoom(apart(event) / apart(before), (event.clientX + other.clientX) / 2, (event.clientY + other.clientY) / 2);
      } else {
        this.x -= dx / this.scale;
        this.y -= dy / this.scale;
        this.apply();
      }
      fingers.set(event.pointerId, event);
    });
    for (const name of ["pointerup", "pointercancel"]) {
      addEventListener(name, (event) => {
        fingers.delete(event.pointerId);
        if (!fingers.size) stage.classList.remove("dragging");
      });
    }
    new ResizeObserver(() => {
      if (this.open || !stage.clientWidth) return this.apply();
      this.open = true;
      this.begin();
      return this.opened();
    }).observe(stage);
  }
}

/** The box around boxes. */
function around(boxes) {
  const left = Math.min(...boxes.map((b) => b.x));
  const top = Math.min(...boxes.map((b) => b.y));
  const right = Math.max(...boxes.map((b) => b.x + b.width));
  const bottom = Math.max(...boxes.map((b) => b.y + b.height));
  return { x: left, y: top, width: right - left, height: bottom - top };
}
