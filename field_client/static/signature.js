// The pad for the signature: strokes of finger, pen or mouse become an SVG drawing.

const pad = document.getElementById("pad");
const drawing = document.getElementById("drawing");

if (pad) {
  const context = pad.getContext("2d");
  let strokes = [];
  let stroke = null;

  const place = (event) => {
    const box = pad.getBoundingClientRect();
    const x = ((event.clientX - box.left) * pad.width) / box.width;
    const y = ((event.clientY - box.top) * pad.height) / box.height;
    return [Math.round(x), Math.round(y)];
  };

  const draw = () => {
    context.clearRect(0, 0, pad.width, pad.height);
    context.lineWidth = 4;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = "#000";
    for (const points of strokes) {
      context.beginPath();
      context.moveTo(...points[0]);
      for (const point of points) context.lineTo(...point);
      context.stroke();
    }
  };

  const keep = () => {
    const paths = strokes.map((points) => `M${points.map((point) => point.join(" ")).join("L")}`);
    drawing.value = paths.length
      ? `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${pad.width} ${pad.height}">` +
        `<path d="${paths.join("")}" fill="none" stroke="#000" stroke-width="4" ` +
        `stroke-linecap="round" stroke-linejoin="round"/></svg>`
      : "";
  };

  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    stroke = [place(event)];
    strokes.push(stroke);
    draw();
  });
  pad.addEventListener("pointermove", (event) => {
    if (!stroke) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) stroke.push(place(each));
    draw();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    pad.addEventListener(end, () => {
      stroke = null;
      keep();
    });
  }

  const clear = () => {
    strokes = [];
    keep();
    draw();
  };
  document.getElementById("pad-clear").addEventListener("click", clear);
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "signed" && event.detail.target.querySelector(".drawing")) clear();
  });
}
