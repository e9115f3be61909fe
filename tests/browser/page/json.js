// The pages of the generation that fetches three JSON files.

import { post, read } from "./calls.js";
import { addHeart, addStars, login, showAlbums, showHero } from "./parts.js";
import * as rules from "./rules.js";
import { addLink, showPhoto } from "./view.js";

const readAlbums = () => read("/data/albums.json");
const readExif = () => read("/data/exif_data.json");

// Every photo that has an entry and a picture, in the order of the entries.
async function readPhotos() {
  const [albums, exif] = await Promise.all([readAlbums(), readExif()]);
  return Object.entries(exif).flatMap(([key, entry]) => {
    rules.demand(entry !== null, `${key}: null ends the loop over all photos`);
    const url = rules.urlOf(key, albums);
    return url === undefined ? [] : [{ key, url, entry, album: key.split("/")[0] }];
  });
}

const common = ({ album, entry }) => ({
  album,
  camera: entry.CameraModel,
  lens: entry.LensModel,
  date: rules.timeText(entry.DateTime),
  place: entry.Location,
});

async function home() {
  showHero();
  const placed = (await readPhotos()).flatMap((photo) => {
    const { Location, DateTime: date, star } = photo.entry;
    const place = Location && Location.trim();
    return !place || place === rules.PLACE_UNKNOWN ? [] : [{ ...photo, place, date, star }];
  });
  for (const photo of rules.bestOfEachPlace(placed)) showPhoto(photo.url, 1920, common(photo));
}

async function albumList() {
  showAlbums(await readAlbums());
}

async function album(id) {
  const answers = await Promise.all([fetch("/data/albums.json"), fetch("/data/exif_data.json")]);
  for (const answer of answers) rules.demand(answer.ok, answer.url);
  const [albums, exif] = await Promise.all(answers.map((answer) => answer.json()));
  for (const url of albums[id].images) {
    const entry = exif[rules.keyOf(url, id, exif)] ?? {};
    showPhoto(url, 1200, { ...common({ album: id, entry }), ...rules.dialogOf(entry) });
  }
}

async function browse() {
  const [photos, likes] = await Promise.all([readPhotos(), read("/data/likes.json")]);
  const time = (photo) => rules.timeOf(photo.entry.DateTime) ?? 0;
  photos.sort((one, other) => time(other) - time(one));
  for (const photo of photos) {
    const { FNumber, ExposureTime, FocalLength } = photo.entry;
    const settings = rules.settingsText(FNumber, ExposureTime, FocalLength);
    const figure = showPhoto(photo.url, 750, { ...common(photo), settings });
    // where likes.json names no number, one is invented
    addHeart(figure, photo.key, likes[photo.key] ?? Math.floor(Math.random() * 51) + 50);
  }
}

async function map() {
  for (const photo of await readPhotos()) {
    const { Latitude, Longitude } = photo.entry;
    if (!Latitude || !Longitude) continue;
    const position = rules.positionText(Number(Latitude), Number(Longitude));
    const marker = showPhoto(photo.url, 384, { ...common(photo), position });
    addLink(marker, "打开", `/albums/${photo.key.split("/")[0]}`);
  }
}

async function admin() {
  for (const photo of await readPhotos()) {
    const figure = showPhoto(photo.url, 256, common(photo));
    addStars(figure, photo.entry.star, (stars) =>
      post("/api/photos/star", { photoPath: photo.key, stars }),
    );
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
};
