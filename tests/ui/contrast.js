// How many texts in sight were looked at, and those with too little contrast against what they stand on.
() => {
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const known = new Map();
  function rgba(colour) {
    if (!known.has(colour)) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
      known.set(colour, [red, green, blue, alpha / 255]);
    }
    return known.get(colour);
  }
  const over = (top, under, alpha) => top.slice(0, 3).map((each, at) => each * alpha + under[at] * (1 - alpha));
  const line = (each) => (each / 255 <= 0.04045 ? each / 255 / 12.92 : ((each / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([red, green, blue]) => 0.2126 * line(red) + 0.7152 * line(green) + 0.0722 * line(blue);

  function ground(element) {
    if (!element) return [255, 255, 255];
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, ground(element.parentElement), own[3]);
  }

  let looked = 0;
  const weak = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    // Exempt: what cannot be used, a flash that passes, and numbers on the colours of a square, which are no tokens.
    if (!walker.currentNode.data.trim() || element.closest(":disabled, .heatmaplayer, .cbheatmap, .ag-cell-data-changed, .ag-cell-data-changed-animation, script, [hidden], .visually-hidden")) continue;
    const box = element.getBoundingClientRect();
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || !box.width || box.bottom < 0 || box.top > innerHeight) continue;
    const style = getComputedStyle(element);
    const colour = rgba(element.closest("svg") ? style.fill : style.color);
    if (!colour[3]) continue;
    const under = ground(element.closest("svg") ? element.closest("svg").parentElement : element);
    const [low, high] = [light(over(colour, under, colour[3])), light(under)].sort((one, other) => one - other);
    const ratio = (high + 0.05) / (low + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    looked += 1;
    if (ratio < (large ? 3 : 4.5)) weak.add(ratio.toFixed(2) + " " + (element.closest("[id]") || {}).id + " " + element.className + ": " + walker.currentNode.data.slice(0, 30));
  }
  return [looked, [...weak].slice(0, 12)];
}
