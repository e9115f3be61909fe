// What a visitor sees: every picture's colour, as the browser painted it, and what stands under it.
async () => {
  const canvas = new OffscreenCanvas(1, 1);
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  const colourOf = (image) => {
    brush.drawImage(image, 0, 0, 1, 1);
    return [...brush.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const textsOf = (figure) =>
    [...figure.querySelectorAll("span")].map((span) => [span.dataset.fact, span.textContent]);
  return [...document.querySelectorAll("figure")].map((figure) => {
    const image = figure.querySelector("img");
    return {
      colour: colourOf(image),
      width_px: image.naturalWidth,
      said: Object.fromEntries(textsOf(figure)),
      link: figure.querySelector("a")?.getAttribute("href") ?? null,
    };
  });
}
