// Keys for everything that the page has buttons for, and an edit that outlives the session.
// The page works without this file: every control is a form's own.
"use strict";

const SCORES = ["4", "3", "2", "1", "0"];

const one = (selector) => document.querySelector(selector);
const isField = (node) => node.matches("textarea, select, input:not([type=checkbox]):not([type=radio])");

function setUp() {
  const reveal = one("#reveal");
  if (reveal) veil(reveal);
  const answer = one("#answer");
  if (answer) restore(answer);
}

function veil(reveal) {
  // What is blurred is not read aloud either.
  const hide = () => document.querySelectorAll(".texts .text").forEach((text) => text.setAttribute("aria-hidden", String(!reveal.checked)));
  reveal.addEventListener("change", hide);
  hide();
}

const kept = (answer) => `answer ${answer.form.elements.item.value}`;

function restore(answer) {
  const typed = sessionStorage.getItem(kept(answer));
  if (typed !== null && typed !== answer.value) {
    answer.value = typed;
    one("#edit").open = true;
  }
}

document.addEventListener("input", (event) => {
  if (event.target.id === "answer") sessionStorage.setItem(kept(event.target), event.target.value);
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "changes") return;
  const handed = one("main").dataset.item;
  const refused = one(".notice[role=alert]");
  if (!refused) Object.keys(sessionStorage).filter((key) => key.startsWith("answer ") && key !== `answer ${handed}`).forEach((key) => sessionStorage.removeItem(key));
  setUp();
  one("main").focus({ preventScroll: true });
  window.scrollTo(0, 0);
});

document.addEventListener("htmx:load", (event) => {
  // What was restored, or typed before htmx knew the field, has not been compared yet.
  const answer = one("#answer");
  if (answer && event.target.contains(answer) && answer.value !== answer.defaultValue) htmx.trigger(answer, "input");
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) one(`#${opener.dataset.opens}`).showModal();
});

document.addEventListener("keydown", (event) => {
  const target = event.target;
  if (event.key === "Escape" && isField(target)) return target.blur();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && target.id === "answer") return press(event, one("button[value=edit]"));
  if (event.ctrlKey || event.metaKey || event.altKey || isField(target) || one("dialog[open]")) return;
  act(event);
});

function act(event) {
  const key = event.key;
  const reveal = one("#reveal");
  if (key === "?" && one("#help")) return one("#help").showModal();
  if (key === " " && reveal && !event.target.closest("button, summary, label, input, a")) return press(event, reveal);
  if (key === "u" && one("#undo")) return press(event, one("#undo button"));
  if (!one("#decision")) return;
  if (/^[1-5]$/.test(key)) return score(one(`[data-axis="${key}"]`));
  if (key === "e") return edit(event);
  const control = one(`#decision [data-key="${CSS.escape(key)}"]`);
  if (!control) return;
  if (control.matches("textarea")) return focus(event, control);
  if (control.matches("button") && key !== "s" && !reveal.checked) return reveal.focus();
  press(event, control);
}

function press(event, control) {
  event.preventDefault();
  control.click();
}

function focus(event, control) {
  event.preventDefault();
  control.focus();
}

function edit(event) {
  if (!one("#reveal").checked) return one("#reveal").focus();
  one("#edit").open = true;
  focus(event, one("#answer"));
}

function score(axis) {
  const radios = [...axis.querySelectorAll("input")];
  const now = radios.find((radio) => radio.checked);
  const next = now ? SCORES[SCORES.indexOf(now.value) + 1] : SCORES[0];
  radios.forEach((radio) => { radio.checked = radio.value === next; });
}

setUp();
