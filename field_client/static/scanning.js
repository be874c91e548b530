// Scanning on the page: frames of the live camera, read by the program on this tablet, and hand
// scanners that type what they read. Both fill in the form that is marked with data-scanned; what
// it is about, the page and its frame route know.

const start = document.getElementById("camera-start");
const video = document.getElementById("camera-video");
const box = document.getElementById("camera");
const refused = document.getElementById("camera-refused");
const form = document.querySelector("form[data-scanned]");
const typed = form?.querySelector("[data-wedge]");

// A hand scanner types faster than any person and ends with Enter. It may be used while nothing has
// the focus.
const GAP_MS = 60;
const LENGTH_MIN = 6;
let wedge = "";
let lastKey = 0;

document.addEventListener("keydown", (event) => {
  if (!typed || event.target.matches("input, textarea")) return;
  const isFast = event.timeStamp - lastKey < GAP_MS;
  lastKey = event.timeStamp;
  if (event.key === "Enter" && isFast && wedge.length >= LENGTH_MIN) {
    event.preventDefault();
    fill({ [typed.name]: wedge, method: "wedge" });
    wedge = "";
  } else if (event.key.length === 1) {
    wedge = isFast ? wedge + event.key : event.key;
  }
});

// What a person typed is told apart from what a scanner read: the two are judged differently.
typed?.addEventListener("input", () => {
  if (form.elements.method) form.elements.method.value = "manual";
});

function fill(values) {
  for (const [name, value] of Object.entries(values)) {
    if (value && form.elements[name]) form.elements[name].value = value;
  }
  typed.dispatchEvent(new Event("change", { bubbles: true }));
}

// Long enough for the program to do something else, short enough for a hand that aims.
const BETWEEN_FRAMES_MS = 50;

async function readFrame(canvas) {
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  const image = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
  const answer = await fetch(start.dataset.frameUrl, { method: "POST", body: image });
  return answer.ok ? (await answer.json()).found : [];
}

if (start && navigator.mediaDevices?.getUserMedia) {
  let stream = null;
  const stop = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    box.hidden = true;
    start.hidden = false;
  };
  start.hidden = false;
  start.addEventListener("click", async () => {
    start.hidden = true;
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment", width: { ideal: 1920 } },
      });
    } catch {
      refused.hidden = false;
      return;
    }
    video.srcObject = stream;
    box.hidden = false;
    await video.play();
    const canvas = document.createElement("canvas");
    while (stream) {
      const found = await readFrame(canvas).catch(() => []);
      if (stream && found.length === 1) {
        stop();
        fill(found[0]);
      }
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_FRAMES_MS));
    }
  });
  document.getElementById("camera-stop").addEventListener("click", stop);
  window.addEventListener("pagehide", stop);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && stream) stop();
  });
}
