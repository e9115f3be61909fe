// The pages of the generation that asks under /api.

import { read } from "./calls.js";
import { addHeart, login, showAlbums, showHero } from "./parts.js";
import * as rules from "./rules.js";
import { admin, office } from "./sql_admin.js";
import { addLink, showPhoto } from "./view.js";

const readAlbums = () => read("/api/data/albums");
const readExif = () => read("/api/data/exif");

const common = (album, entry) => ({
  album,
  camera: entry.CameraModel,
  lens: entry.LensModel,
  date: rules.timeText(entry.DateTime),
  place: entry.Location,
});

async function home() {
  showHero();
  const [albums, exif] = await Promise.all([readAlbums(), readExif()]);
  const placed = Object.entries(exif).flatMap(([key, entry]) => {
    rules.demand(entry !== null, `${key}: null ends the loop over all photos`);
    const [url, album] = [rules.urlOf(key, albums), key.split("/")[0]];
    const place = (entry.Location || album).trim();
    if (url === undefined || place === rules.PLACE_UNKNOWN) return [];
    return [{ url, album, entry, place, date: entry.DateTime, star: entry.star }];
  });
  for (const { url, album, entry } of rules.bestOfEachPlace(placed)) {
    showPhoto(url, 1920, common(album, entry));
  }
}

async function albumList() {
  showAlbums(await readAlbums());
}

async function album(id) {
  const address = `/api/data/albums/${encodeURIComponent(id)}`;
  const answers = await Promise.all([fetch(address), fetch("/api/data/exif")]);
  for (const answer of answers) rules.demand(answer.ok, answer.url);
  const [found, exif] = await Promise.all(answers.map((answer) => answer.json()));
  rules.demand(found.id === id, `${found.id} is not ${id}`);
  rules.demandAlbum(id, found);
  for (const url of found.images) {
    const entry = exif[rules.keyOf(url, id, exif)] ?? {};
    showPhoto(url, 1200, { ...common(id, entry), ...rules.dialogOf(entry) });
  }
}

async function browse() {
  const { photos } = await read("/api/photos/list?withExif=true");
  const day = (photo) => photo.exif?.date_time || photo.date;
  const time = (photo) => rules.timeOf(day(photo)) ?? 0;
  photos.sort((one, other) => time(other) - time(one));
  for (const photo of photos) {
    const exif = photo.exif ?? {};
    const { Latitude, Longitude } = exif.raw ?? {};
    const facts = {
      album: photo.album_id,
      camera: exif.camera_model,
      lens: exif.lens_model,
      date: rules.timeText(exif.date_time),
      sorted: rules.timeText(day(photo)),
      place: exif.location || photo.location,
      settings: rules.settingsText(exif.f_number, exif.exposure_time, exif.focal_length),
      position: typeof Latitude === "number" ? rules.positionText(Latitude, Longitude) : "",
    };
    addHeart(showPhoto(photo.url, 3840, facts, 95), photo.id, photo.likes ?? 0); // as its dialog
  }
}

async function map() {
  const photos = await read("/api/data/map");
  rules.demand(Array.isArray(photos), "anything but an array makes the map die");
  for (const { id, url, latitude, longitude, date, location, cameraModel, exif } of photos) {
    rules.demand(Number.isFinite(latitude) && Number.isFinite(longitude), `${id}: the map dies`);
    const marker = showPhoto(url, 384, {
      album: id.split("/")[0],
      camera: cameraModel,
      lens: exif.LensModel,
      date: rules.timeText(date),
      place: location,
      position: rules.positionText(latitude, longitude),
    });
    addLink(marker, "打开", `/albums/${id.split("/")[0]}`);
  }
}

export const pages = {
  "/": home,
  "/albums": albumList,
  "/albums/": album,
  "/browse": browse,
  "/map": map,
  "/login": login,
  "/admin": admin,
  "/admin/": office,
};
