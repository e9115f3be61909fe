// How the front-end finds its way in what it fetches: the rules that both generations share.

const TIME_UNKNOWN = "未知时间";
export const PLACE_UNKNOWN = "未知";

// What would make the real page die or stay empty is an error here.
export function demand(isSo, what) {
  if (!isSo) throw new Error(what);
}

const toFirstDot = (path) => path.split("/").pop().split(".")[0];

// exif key → URL: the first of the album's that contains the key's name, up to its first dot.
export function urlOf(key, albums) {
  demand(/^[^/]+\/[^/]+$/.test(key), `${key}: only the first two parts of a key are read`);
  const [album, file] = key.split("/");
  return albums[album]?.images.find((url) => url.includes(file.split(".")[0]));
}

// URL → exif key: the first of the album's that contains the URL's name, up to its first dot.
export function keyOf(url, album, exif) {
  const name = toFirstDot(url);
  return Object.keys(exif).find((key) => key.startsWith(`${album}/`) && key.includes(name));
}

// "2024:04:04 18:03:45" → Date; null for what it does not understand.
export function timeOf(text) {
  if (!text) return null;
  const [day, time] = text.split(" ");
  const date = new Date(`${day.replaceAll(":", "-")}T${time}`);
  return Number.isNaN(date.getTime()) ? null : date;
}

export function timeText(text) {
  const date = timeOf(text);
  return date ? date.toLocaleString("sv") : TIME_UNKNOWN; // "2024-04-04 18:03:45"
}

// toFixed wants numbers.
export function positionText(latitude, longitude) {
  return `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`;
}

// The units stand there whether the values do or not.
export function settingsText(aperture, exposure, focal) {
  return `ƒ/${aperture ?? ""} ${exposure ?? ""}s ${focal ?? ""}mm`;
}

// What the album page's dialog shows of an entry, empty where it says nothing.
export function dialogOf(entry) {
  return {
    aperture: entry.FNumber,
    exposure: entry.ExposureTime,
    iso: entry.ISO,
    focal: entry.FocalLength,
    position: entry.Latitude ? positionText(entry.Latitude, entry.Longitude) : "",
  };
}

// The home page shows one photo for each place: the one with the most stars, the first on a tie.
export function bestOfEachPlace(photos) {
  const best = new Map();
  for (const photo of photos) {
    const place = photo.place.replace(/[省市区县]$/, "").split(/[,，]/)[0];
    if (!best.has(place) || (photo.star ?? 0) > (best.get(place).star ?? 0)) best.set(place, photo);
  }
  return [...best.values()].sort((one, other) => compareTimes(one.date, other.date));
}

// Oldest first; what has no time leaves the order alone.
export function compareTimes(one, other) {
  const [a, b] = [timeOf(one), timeOf(other)];
  return a && b ? a - b : 0;
}

// An album without a picture, or one that is null, makes the list of albums die.
export function demandAlbum(id, album) {
  demand(/^[^/#?%]+$/.test(id), `${id}: would break the link to its page`);
  demand(Array.isArray(album?.images) && album.images.length > 0, `${id}: no pictures`);
  for (const field of ["title", "location", "date", "desc"]) {
    demand(album[field] === null || typeof album[field] === "string", `${id}: ${field} is no text`);
  }
}
