// The administrator's pages of the generation that asks under /api.

import { callServerAction, post, read } from "./calls.js";
import { addStars } from "./parts.js";
import { demand, positionText, timeText } from "./rules.js";
import { addButton, addForm, addLink, main, say, showPhoto } from "./view.js";

const TEXTS = [
  ...["camera_model", "lens_model", "exposure_time", "focal_length"],
  ...["location", "date_time"],
];
const NUMBERS = {
  f_number: parseFloat,
  iso: parseInt,
  latitude: parseFloat,
  longitude: parseFloat,
};
const COUNTED = [...TEXTS, "f_number", "iso"];
const UPDATE_GOOD = new Set(["success", "warning", "partial_success"]);
const EIGHT_HOURS_MS = 8 * 3_600_000;

export async function admin() {
  const [{ photos }] = await Promise.all([
    read("/api/photos/list?withExif=true"),
    showLastUpdate("albums"),
  ]);
  photos.sort((one, other) => new Date(other.date) - new Date(one.date));
  for (const photo of photos) showForEditing(photo);
  addSyncButton();
  addLink(main, "备份", "/api/data/backup", { download: "" });
}

// "/admin/oss"
export async function office() {
  await Promise.all([showLastUpdate("albums"), showLastUpdate("exif")]);
  addButton(main, "显示密钥", async () => {
    const answer = await fetch(`/api/config/webhook-secret?_t=${Date.now()}`);
    say(answer.ok ? (await answer.json()).webhookSecret : "••••");
  });
  addSyncButton();
}

async function showLastUpdate(type) {
  const told = await read(`/api/files/lastModified?type=${type}&_t=${Date.now()}`);
  const line = main.appendChild(document.createElement("p"));
  line.dataset.type = type;
  line.dataset.beijing = told.lastModified ? beijingText(told.lastModified) : "从未同步";
  line.dataset.update = UPDATE_GOOD.has(told.lastUpdate?.status) ? "成功" : "失败";
  line.textContent = `${type}：${line.dataset.beijing} ${line.dataset.update}`;
}

// The page adds eight hours to what it reads as a time of the browser's own zone.
function beijingText(text) {
  const read = new Date(text.replace(" ", "T"));
  return new Date(read.getTime() + EIGHT_HOURS_MS).toLocaleString("sv");
}

function showForEditing(photo) {
  const exif = photo.exif ?? {};
  demand(!photo.date || new Date(photo.date).getTime(), `${photo.id}: ${photo.date} is no date`);
  const figure = showPhoto(photo.url, 256, {
    album: photo.album_id,
    camera: exif.camera_model,
    lens: exif.lens_model,
    date: timeText(exif.date_time),
    place: exif.location,
    position: exif.latitude ? positionText(exif.latitude, exif.longitude) : "",
    complete: COUNTED.filter((name) => exif[name] && !`${exif[name]}`.includes("未知")).length,
  });
  addStars(figure, photo.star, (star) =>
    post("/api/photos/update-star", { photoId: photo.id, star }),
  );
  addButton(figure, "编辑", () => openEditor(figure, photo.id, exif));
}

// It always sends all ten fields; what is no number goes as null.
function openEditor(figure, photoId, exif) {
  const fields = {};
  for (const name of TEXTS) {
    const text = exif[name] ?? "";
    fields[name] = text.toLowerCase() === "unknown" ? "" : text;
  }
  for (const name of Object.keys(NUMBERS)) fields[name] = exif[name] ?? "";
  addForm(figure, fields, async (filled) => {
    const exifData = { ...filled };
    for (const [name, parse] of Object.entries(NUMBERS)) exifData[name] = parse(filled[name]);
    const answer = await post("/api/photos/update-exif", { photoId, exifData });
    say(answer.ok ? "更新EXIF数据成功" : "更新EXIF数据失败");
  });
}

function addSyncButton() {
  addButton(main, "同步 OSS 数据", async () => {
    const told = await callServerAction();
    say(`${told.success ? "✔" : "✘"} ${told.message}`);
  });
}
