// The slim map of a document: where its marks and headings lie, and what part is in view.

import { byId, make } from "./dom.js";

const NEAR = 8;  // pixels

export function drawStrip({ text, marks, outline }, choose, scroll) {
  const all = Math.max(text.string.length, 1);
  const ratio = point => text.unit(point) / all;
  const headings = outline.map(heading => at(make("i", { class: "heading" }), ratio(heading.start)));
  const ticks = marks.map(mark => {
    const tick = at(make("i", { class: "tick" }), ratio(mark.start));
    tick.style.height = `${100 * (ratio(mark.end) - ratio(mark.start))}%`;
    return tick;
  });
  const strip = byId("strip");
  strip.replaceChildren(make("i", { class: "window" }), ...headings, ...ticks);
  strip.onclick = event => {
    const box = strip.getBoundingClientRect();
    const y = event.clientY - box.top;
    const distances = marks.map(mark => Math.abs((ratio(mark.start) + ratio(mark.end)) / 2 * box.height - y));
    const nearest = distances.indexOf(Math.min(...distances));
    if (nearest >= 0 && distances[nearest] <= Math.max(NEAR, ticks[nearest].offsetHeight)) choose(nearest);
    else scroll(Math.min(all - 1, Math.round(all * y / box.height)));
  };
}

function at(element, ratio) {
  element.style.top = `${100 * ratio}%`;
  return element;
}

export function showWindow({ text, blocks }) {
  const pane = byId("text");
  const top = unitAt(blocks, pane.scrollTop), bottom = unitAt(blocks, pane.scrollTop + pane.clientHeight);
  const shown = byId("strip").querySelector(".window");
  shown.style.top = `${100 * top / Math.max(text.string.length, 1)}%`;
  shown.style.height = `${100 * (bottom - top) / Math.max(text.string.length, 1)}%`;
}

// The place in the text at a height of the pane, by the block that is there.
function unitAt(blocks, y) {
  let low = 0, high = blocks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (blocks[middle].element.offsetTop <= y) low = middle;
    else high = middle - 1;
  }
  const block = blocks[low];
  if (!block) return 0;
  const share = (y - block.element.offsetTop) / Math.max(block.element.offsetHeight, 1);
  return block.start + Math.max(0, Math.min(1, share)) * (block.end - block.start);
}
