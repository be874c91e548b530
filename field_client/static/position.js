// Where the tablet is. Asked for once, when somebody opens a screen or presses a button; never
// followed, for that would empty the battery.
//
// A screen that may note it has an element with data-position-url: the position is sent there, and
// the sentence that comes back stands in the element.
//
// A form in which somebody enters a position has a button with data-take-position, hidden until
// this script finds that positions can be had. Pressed, it writes "52.500000, 13.400000" into the
// input that it names, and tells of it by a "change" event. Where there is no position, the form's
// element with data-no-position is shown.

const WAIT_MS = 30_000;

function askPosition() {
  const wishes = { enableHighAccuracy: true, timeout: WAIT_MS, maximumAge: 0 };
  return new Promise((resolve, reject) => {
    navigator.geolocation.getCurrentPosition(resolve, reject, wishes);
  }).then(({ coords }) => ({
    latitude: Number(coords.latitude.toFixed(6)),
    longitude: Number(coords.longitude.toFixed(6)),
    accuracy_m: Math.ceil(Math.min(coords.accuracy, 1_000_000)),
  }));
}

const place = document.querySelector("[data-position-url]");
if (place && navigator.geolocation) {
  askPosition()
    .then((position) =>
      fetch(place.dataset.positionUrl, { method: "POST", body: JSON.stringify(position) }),
    )
    .then(async (answer) => {
      if (!answer.ok) return;
      const told = await answer.json();
      place.textContent = told.text;
      place.classList.toggle("notice", told.is_far);
    })
    .catch(() => {}); // without a position everything works as well
}

function offer(root) {
  root.querySelectorAll("[data-take-position]").forEach((button) => {
    button.hidden = !navigator.geolocation;
  });
}

async function take(button) {
  const { form } = button;
  const refused = form.querySelector("[data-no-position]");
  const written = form.elements[button.dataset.takePosition];
  refused.hidden = true;
  button.disabled = true;
  try {
    const position = await askPosition();
    written.value = `${position.latitude.toFixed(6)}, ${position.longitude.toFixed(6)}`;
    written.dispatchEvent(new Event("change", { bubbles: true }));
  } catch {
    refused.hidden = false;
  }
  button.disabled = false;
}

offer(document);
document.addEventListener("htmx:load", (event) => offer(event.detail.elt));
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-take-position]");
  if (button) take(button);
});
