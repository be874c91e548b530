// Scanning on the page: frames of the live camera, read by the program on this tablet, and hand
// scanners that type what they read.

const start = document.getElementById("camera-start");
const video = document.getElementById("camera-video");
const box = document.getElementById("camera");
const typed = document.querySelector("[data-wedge]");

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
    take(wedge, "wedge");
    wedge = "";
  } else if (event.key.length === 1) {
    wedge = isFast ? wedge + event.key : event.key;
  }
});

// What a person typed is told apart from what a scanner read: the two are judged differently.
const method = document.getElementById("serial-method");
typed?.addEventListener("input", () => {
  method.value = "manual";
});

function take(text, how) {
  typed.value = text;
  method.value = how;
  typed.dispatchEvent(new Event("change", { bubbles: true }));
}

async function readFrame(canvas) {
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  const image = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
  const answer = await fetch(start.dataset.frameUrl, { method: "POST", body: image });
  return answer.ok ? (await answer.json()).serials : [];
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
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment", width: { ideal: 1920 } },
      });
    } catch {
      start.hidden = true;
      return;
    }
    video.srcObject = stream;
    box.hidden = false;
    start.hidden = true;
    await video.play();
    const canvas = document.createElement("canvas");
    while (stream) {
      const serials = await readFrame(canvas).catch(() => []);
      if (serials.length === 1) {
        stop();
        take(serials[0], "camera");
      }
      await new Promise(requestAnimationFrame);
    }
  });
  document.getElementById("camera-stop").addEventListener("click", stop);
  window.addEventListener("pagehide", stop);
}
