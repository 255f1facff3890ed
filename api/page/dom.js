// Making elements: text goes in as text, never as markup.

export const byId = id => document.getElementById(id);

export function make(tag, attributes = {}, ...children) {
  return dress(document.createElement(tag), attributes, children);
}

export function draw(tag, attributes = {}, ...children) {
  return dress(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function dress(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined));
  return element;
}

let fading;

export function tell(message) {
  byId("toast").textContent = message;
  clearTimeout(fading);
  fading = setTimeout(() => { byId("toast").textContent = ""; }, 4000);
}

const ICONS = {
  copy: "M9 9h10v11H9zM5 15V4h10",
  up: "M12 19V5m-6 6 6-6 6 6",
  down: "M12 5v14m-6-6 6 6 6-6",
  close: "m6 6 12 12M18 6 6 18",
  auto: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16v16m2.7-15.5v15M17.3 6v12",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v3m0 14v3M2 12h3m14 0h3M5 5l2 2m10 10 2 2M5 19l2-2M17 7l2-2",
  dark: "M19 14.5A8 8 0 0 1 9.5 5a8 8 0 1 0 9.5 9.5z",
};

export const icon = name => draw("svg", { class: `sign ${name}`, viewBox: "0 0 24 24", "aria-hidden": "true" }, draw("path", { d: ICONS[name] }));
