// Opens the page that the address names, as the front-end's generation that `window.generation`
// names would, and says on <body> when it is done.

import * as json from "./json.js";
import * as sql from "./sql.js";

const generation = { json, sql }[window.generation];
const [, first, second] = location.pathname.split("/");
const deeper = second === undefined ? "" : "/";
const open = generation.pages[`/${first}${deeper}`] ?? generation.pages[location.pathname];

try {
  await open(decodeURIComponent(second ?? ""));
  await Promise.all([...document.images].map((image) => image.decode()));
  document.body.dataset.state = "ready";
} catch (error) {
  document.body.dataset.state = "broken";
  throw error;
}
