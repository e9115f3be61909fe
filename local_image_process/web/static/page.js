// Keeps the status page true: a stream of events, or asking every few seconds where there is none.
"use strict";

const words = JSON.parse(document.getElementById("words").textContent);
const root = document.body.dataset.root;
const language = document.documentElement.lang;
const POLL_MS = 5000;
const BACK_TO_EVENTS_MS = 60000;
const numbers = new Intl.NumberFormat(language);
const rounded = new Intl.NumberFormat(language, { maximumSignificantDigits: 2 });
const shown = {}; // what each list shows, so that it is made anew only when it changed
let told = JSON.parse(document.getElementById("told").textContent);
let stream = null;
let poll = null;

const at = (id) => document.getElementById(id);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

function make(name, text, properties = {}) {
  const element = Object.assign(document.createElement(name), properties);
  if (text) element.textContent = text;
  return element;
}

// What is shown

function show(fresh) {
  told = fresh;
  showCounts();
  showPictures();
  const details = told.details;
  at("health").hidden = at("logout").hidden = !details;
  at("login").hidden = Boolean(details);
  showHeld(details);
  showFailures(details);
  if (details) showStates(details);
}

function showCounts() {
  const photos = told.photos;
  for (const name of ["total", "published", "waiting", "failed", "held"]) {
    at(`count-${name}`).querySelector("dd").textContent = numbers.format(photos[name]);
  }
  at("count-held").hidden = !photos.held;
  at("count-failed").classList.toggle("some", photos.failed > 0);
  at("progress").max = photos.total || 1;
  at("progress").value = photos.published;
  at("headline").textContent = headline(photos);
  at("pace").textContent = photos.waiting ? pace() : "";
}

function headline(photos) {
  if (!told.has_leader) return words.no_leader;
  if (told.is_looking) return words.looking;
  if (photos.waiting) {
    if (told.left_s) return fill(words.left, { range: range(told.left_s) });
    return told.photos_per_s === null ? words.left_unknown : words.paused;
  }
  if (!photos.total) return words.none_yet;
  return photos.failed ? fill(words.some_failed, { n: numbers.format(photos.failed) }) : words.all_done;
}

function pace() {
  if (told.photos_per_s === null) return "";
  return fill(words.speed, { photos: rounded.format(told.photos_per_s), bytes: bytes(told.bytes_per_s) });
}

function range([from, to]) {
  const [unit, seconds] = to < 90 ? ["seconds", 1] : to < 5400 ? ["minutes", 60] : ["hours", 3600];
  const ends = [from, to].map((s) => (unit === "hours" ? rounded.format(s / seconds) : numbers.format(Math.max(1, Math.round(s / seconds)))));
  return fill(words[unit], { range: ends[0] === ends[1] ? ends[0] : ends.join("–") });
}

function bytes(size) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(size || 1) / 3)));
  return `${rounded.format(size / 1000 ** power)} ${units[power]}`;
}

function hasChanged(name, value) {
  const text = JSON.stringify(value);
  const changed = shown[name] !== text;
  shown[name] = text;
  return changed;
}

function showPictures() {
  at("newest").hidden = !told.newest.length;
  if (!hasChanged("newest", told.newest)) return;
  at("pictures").replaceChildren(...told.newest.map((photo) => {
    const item = make("li");
    item.append(make("img", "", { src: photo.url, alt: photo.alt, title: photo.alt, loading: "lazy", width: 480, height: 320 }));
    return item;
  }));
}

function showHeld(details) {
  const held = told.photos.held;
  at("held").hidden = !details || !held;
  if (!details || !held) return;
  const of = fill(words.held_why, { n: numbers.format(held) });
  const bucket = details.held.in_bucket ? fill(words.held_bucket, { n: numbers.format(details.held.in_bucket) }) : "";
  at("held-why").textContent = `${of} ${bucket}`;
  at("release").textContent = fill(words.release, { n: numbers.format(held) });
  if (!hasChanged("held", details.held.keys)) return;
  const rest = held - details.held.in_bucket - details.held.keys.length;
  const keys = rest > 0 ? [...details.held.keys, `… +${numbers.format(rest)}`] : details.held.keys;
  at("held-keys").replaceChildren(...keys.map((key) => make("li", key)));
}

function showFailures(details) {
  at("failures").hidden = !details || !details.failures.length;
  if (!details || !hasChanged("failures", details.failures)) return;
  at("failed").replaceChildren(...details.failures.map((failure) => {
    const item = make("li");
    const what = make("div");
    const reason = language.startsWith("zh") ? failure.reason_zh : failure.reason;
    const again = failure.is_passing ? words.again_soon : words.again_changed;
    const history = fill(again, { n: numbers.format(failure.attempts) });
    what.append(make("p", failure.key), make("p", reason, { className: "faint" }), make("p", history, { className: "faint" }));
    const button = make("button", words.retry, { type: "button" });
    button.setAttribute("aria-label", `${words.retry} ${failure.key}`);
    button.addEventListener("click", () => ask("retry", { keys: [failure.key] }, button));
    item.append(what, button);
    return item;
  }));
  const rest = told.photos.failed - details.failures.length;
  at("failed-more").textContent = rest > 0 ? fill(words.more, { n: numbers.format(rest) }) : "";
}

function showStates(details) {
  const rows = [
    details.library && ["library", details.library.path, details.library.error],
    details.watching && ["watching", watching(details.watching), details.watching.why, "note"],
    ["disk", disk(details.disk), details.disk.error || (details.disk.is_low ? words.disk_low : null)],
    ["store", details.store.bucket ? fill(words.stored_in, details.store) : words.stored_here, details.store.error],
    details.bucket && ["bucket", words.fine, details.bucket.error],
    ["notices", notices(details.notices), details.notices && details.notices.error, "note"],
    ["webhook", webhook(details.webhook)],
  ];
  if (!hasChanged("states", rows)) return;
  at("states").replaceChildren(...rows.filter(Boolean).flatMap(state));
}

function state([name, text, trouble, kind = "trouble"]) {
  const value = make("dd");
  const line = make("p");
  const sign = trouble ? kind : "fine";
  line.append(make("span", `${{ fine: "✓", note: "!", trouble: "✕" }[sign]} `, { className: `mark ${sign}`, ariaHidden: "true" }));
  line.append(trouble && kind === "trouble" && text === words.fine ? words.trouble : text);
  value.append(line);
  if (trouble) value.append(make("p", trouble, { className: "faint" }));
  return [make("dt", words[name]), value];
}

function watching({ by }) {
  return by === "events" ? words.by_events : by === "sweeps" ? words.by_sweeps : words.by_nothing;
}

function disk({ free_bytes, total_bytes }) {
  return fill(words.free, { free: bytes(free_bytes), total: bytes(total_bytes) });
}

function notices(owed) {
  return owed ? fill(words.notices_state, owed) : words.notices_off;
}

function webhook({ requests, last_at_s }) {
  if (!requests) return words.webhook_none;
  const last = new Date(last_at_s * 1000).toLocaleString(language);
  return fill(words.webhook_state, { n: numbers.format(requests), at: last });
}

// What is asked for

async function send(path, body) {
  const answer = await fetch(`${root}${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return { ok: answer.ok, ...(await answer.json()) };
}

async function ask(what, body, button) {
  button.disabled = true;
  try {
    const answer = await send(`/api/status/${what}`, body);
    at("said").textContent = answer.ok ? words.asked : answer.message;
    if (!answer.ok) await refresh();
  } catch {
    at("said").textContent = words.not_reached;
  }
  button.disabled = false;
}

async function logIn(event) {
  event.preventDefault();
  at("login-said").textContent = "";
  const answer = await send("/api/auth/login", { password: at("password").value });
  at("password").value = "";
  if (!answer.ok) {
    at("login-said").textContent = answer.message;
    at("password").focus();
    return;
  }
  await listenAnew();
}

async function logOut() {
  await send("/api/auth/logout", {});
  await listenAnew();
}

// What is heard

async function refresh() {
  try {
    const answer = await fetch(`${root}/api/status`);
    if (!answer.ok) throw new Error(answer.status);
    show(await answer.json());
    if (at("said").textContent === words.not_reached) at("said").textContent = "";
  } catch {
    at("said").textContent = words.not_reached;
  }
}

function listen() {
  if (document.hidden || stream) return;
  stream = new EventSource(`${root}/api/status/events`);
  stream.onmessage = (event) => {
    if (at("said").textContent === words.not_reached) at("said").textContent = "";
    show(JSON.parse(event.data));
  };
  stream.onerror = () => {
    if (stream && stream.readyState === EventSource.CLOSED) pollInstead();
  };
}

function stopListening() {
  if (stream) stream.close();
  clearInterval(poll);
  stream = poll = null;
}

function pollInstead() {
  stopListening();
  poll = setInterval(refresh, POLL_MS);
  setTimeout(() => { if (poll) { stopListening(); listen(); } }, BACK_TO_EVENTS_MS);
  refresh();
}

async function listenAnew() {
  stopListening();
  await refresh();
  listen();
}

show(told);
at("login-form")?.addEventListener("submit", logIn);
at("logout").addEventListener("click", logOut);
at("retry-all").addEventListener("click", (event) => ask("retry", {}, event.target));
at("release").addEventListener("click", (event) => {
  const held = told.photos.held;
  if (confirm(fill(words.release_sure, { n: numbers.format(held) }))) ask("release", { held }, event.target);
});
for (const button of document.querySelectorAll("[data-ask]")) {
  button.addEventListener("click", () => ask(button.dataset.ask, {}, button));
}
document.addEventListener("visibilitychange", () => (document.hidden ? stopListening() : listenAnew()));
window.addEventListener("pagehide", stopListening);
listen();
