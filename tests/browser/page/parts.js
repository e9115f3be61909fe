// Parts of pages that are the same in both generations.

import { login as logIn, post } from "./calls.js";
import { demandAlbum } from "./rules.js";
import { addButton, addForm, addLink, fitting, main, say, setFact, showPhoto } from "./view.js";

// The home page asks for this one before it knows anything.
const HERO = "https://angyi.oss-cn-beijing.aliyuncs.com/gallery/北京/IMG_3734.webp";

export function showHero() {
  showPhoto(HERO, 3840, { hero: "hero" });
}

export function showAlbums(albums) {
  for (const [id, album] of Object.entries(albums)) {
    demandAlbum(id, album);
    const { title, location, date, desc } = album;
    const card = showPhoto(album.images[0], 640, { album: id, title, location, date, desc });
    addLink(card, "打开", `/albums/${id}`);
  }
}

// A heart shows one more with each click, and tells that number, whatever the answer is.
export function addHeart(figure, photoId, likes) {
  let shown = likes;
  setFact(figure, "likes", shown);
  addButton(figure, "♥", async () => {
    setFact(figure, "likes", (shown += 1));
    const answer = await post("/api/like", { photoId, likes: shown });
    await answer.blob();
    figure.dataset.told = "like";
  });
}

// No stars cannot be given. `give` sends them.
export function addStars(figure, stars, give) {
  setFact(figure, "star", stars ?? 0);
  for (const given of [1, 2, 3, 4, 5]) {
    addButton(figure, `★${given}`, async () => {
      const answer = await give(given);
      if (answer.ok) setFact(figure, "star", given); // a failure is silent
      figure.dataset.told = "star";
    });
  }
}

// The page's background is the front-end's own picture.
export function login() {
  const background = main.appendChild(new Image());
  background.src = fitting("/images/login.png", 1920);
  addForm(main, { password: "" }, async ({ password }) => {
    const { isRight, message } = await logIn(password);
    if (isRight) location.assign("/admin");
    else say(message || "登录失败，请重试");
  });
}
