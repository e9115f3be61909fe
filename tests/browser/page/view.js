// What the pages put on the screen.

const main = document.querySelector("main");

// The address that next/image makes of a picture's.
export function fitting(url, width, quality = 75) {
  return `/_next/image?url=${encodeURIComponent(url)}&w=${width}&q=${quality}`;
}

// Show a picture with what is said of it; empty facts stay empty.
export function showPhoto(url, width, facts, quality) {
  const figure = main.appendChild(document.createElement("figure"));
  const image = figure.appendChild(new Image());
  image.src = fitting(url, width, quality);
  for (const [name, value] of Object.entries(facts)) setFact(figure, name, value);
  return figure;
}

export function setFact(figure, name, value) {
  const span =
    figure.querySelector(`span[data-fact=${name}]`) ??
    figure.appendChild(document.createElement("span"));
  span.dataset.fact = name;
  span.textContent = value;
}

export function addButton(parent, label, onclick) {
  const button = parent.appendChild(document.createElement("button"));
  Object.assign(button, { type: "button", textContent: label, onclick });
  return button;
}

export function addLink(parent, label, href, further = {}) {
  const link = parent.appendChild(document.createElement("a"));
  return Object.assign(link, { textContent: label, href, ...further });
}

export function say(text) {
  const line = main.querySelector("output") ?? main.appendChild(document.createElement("output"));
  line.textContent = text;
}

export function addForm(parent, fields, onsubmit) {
  const form = parent.appendChild(document.createElement("form"));
  for (const [name, value] of Object.entries(fields)) {
    const field = form.appendChild(document.createElement("input"));
    Object.assign(field, { name, value });
  }
  addButton(form, "保存", () => onsubmit(Object.fromEntries(new FormData(form))));
}

export { main };
