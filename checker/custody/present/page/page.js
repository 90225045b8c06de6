"use strict";
/* Filtering the tables, and stepping through runs. The runs are JSON, compressed; they are read when first asked for. */

const $ = (id) => document.getElementById(id);

function element(tag, text, classes) {
  const made = document.createElement(tag);
  /* Names break behind the marks that they are joined with, and nowhere else. */
  if (text !== undefined) for (const piece of text.split(/(?<=[_(.])(?=\w)/)) made.append(piece, document.createElement("wbr"));
  if (classes) made.className = classes;
  return made;
}

/* ---------------------------------------------------------------- filter */

/* The rows of a specification that the filter leaves, shown or not. */
const wanted = new WeakSet();

function filter() {
  const words = $("words").value.toLowerCase().split(/\s+/).filter(Boolean);
  const rule = $("rule").value, kind = $("kind").value;
  const asked = words.length > 0 || rule !== "" || kind !== "";
  let shown = 0, all = 0;
  for (const spec of document.querySelectorAll(".spec")) {
    let any = false;
    for (const row of spec.querySelector("template").content.querySelectorAll("tr[data-words]")) {
      const text = (spec.dataset.words + " " + row.dataset.words + " " + row.dataset.rules).toLowerCase();
      const fits = words.every((word) => text.includes(word))
        && (!rule || row.dataset.rules.split(" ").includes(rule))
        && (!kind || row.dataset.kinds.split(" ").includes(kind));
      if (fits) wanted.add(row); else wanted.delete(row);
      any = any || fits;
      all += 1;
      shown += fits ? 1 : 0;
    }
    spec.hidden = asked && !any;
    if (asked && any) spec.open = true;
    if (spec.open) show(spec);
  }
  $("shown").textContent = shown === all ? "" : `${shown} of ${all} properties`;
}

/* ---------------------------------------------------------------- specifications, which are shown when opened */

function show(spec) {
  const body = spec.querySelector(".body");
  if (!spec.open) { body.replaceChildren(); return; }
  const source = spec.querySelector("template").content, made = source.cloneNode(true);
  const kept = [...source.querySelectorAll("tr[data-words]")].map((row) => wanted.has(row));
  [...made.querySelectorAll("tr[data-words]")].forEach((row, index) => { if (!kept[index]) row.remove(); });
  body.replaceChildren(made);
}

/* Opens what an address such as #s3 names. */
function reveal() {
  const spec = /^#s\d+$/.test(location.hash) ? $(location.hash.slice(1)) : null;
  if (spec) { spec.open = true; show(spec); spec.scrollIntoView(); }
}

for (const spec of document.querySelectorAll(".spec")) spec.addEventListener("toggle", () => show(spec));
window.addEventListener("hashchange", reveal);
document.querySelector(".overview").addEventListener("click", (event) => {
  /* A second click on the same link changes no address. */
  if (event.target.closest("a")) setTimeout(reveal);
});
for (const id of ["words", "rule", "kind"]) $(id).addEventListener("input", filter);
document.querySelector(".filter").addEventListener("submit", (event) => event.preventDefault());
filter();
reveal();

/* ---------------------------------------------------------------- runs */

let runs = null;
async function load() {
  if (runs === null) {
    const packed = Uint8Array.from(atob($("runs").textContent.trim()), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    runs = await new Response(stream).json();
  }
  return runs;
}

let number = 0, run = null, states = [], at = 0;

/* All states of the run: of a step that breaks a check there is no state after it. */
function unfold() {
  states = [run.first];
  for (const step of run.steps) {
    if (step.b !== undefined) break;
    const state = states[states.length - 1].slice();
    for (const [view, value] of step.c) state[view] = value;
    states.push(state);
  }
}

async function open(which, step) {
  const known = await load();
  if (!known[which]) return;
  number = which;
  run = known[which];
  unfold();
  $("player-title").textContent = `${run.model}: ${run.property} ${run.violated ? "is violated" : "is reached"}`
    + (run.rules.length ? ` [${run.rules.join(", ")}]` : "");
  $("player-about").textContent = [run.doc, run.instance].filter(Boolean).join(" — ");
  $("player-message").textContent = run.message;
  $("player-message").className = run.violated ? "bad" : "";
  $("why").hidden = !run.why;
  $("why").open = false;
  $("why-said").replaceChildren(...(run.why || []).map((sentence) => element("li", sentence)));
  $("at").max = run.steps.length;
  drawChart();
  drawStrip();
  if (!$("player").open) $("player").showModal();
  go(step === undefined ? run.steps.length : step);
}

function drawChart() {
  const table = $("chart"), head = element("tr");
  const column = (text) => { const th = element("th", text); th.scope = "col"; head.append(th); };
  column("#");
  run.actors.forEach(column);
  run.lanes.forEach(([name]) => column(name));
  column("place");
  const body = element("tbody");
  for (let row = 0; row <= run.steps.length; row += 1) {
    const step = run.steps[row - 1], line = element("tr");
    const weight = (run.rests || []).includes(row) ? " ●" : (run.leads || []).includes(row) ? " ○" : "";
    const name = element("th", row === 0 ? "start" : String(row) + weight);
    name.scope = "row";
    line.append(name);
    run.actors.forEach((actor, index) => {
      if (step && step.a === index) {
        const bad = run.violated && row === run.steps.length && run.loop === null && !run.stutters;
        line.append(element("td", step.w + (step.b ? ` — ${step.b}` : ""), bad ? "did broken" : `did side-${step.s || "none"}`));
      } else line.append(element("td"));
    });
    run.lanes.forEach(([, about, values]) => {
      const here = values.findLast(([from]) => from <= row), fresh = about === "data" ? here[2] : "";
      line.append(element("td", here[0] === row ? here[1] : "·", here[0] === row ? fresh : `faint ${fresh}`));
    });
    const place = element("td", "", "faint place");
    if (step && step.l) {
      const link = element("a", step.p);
      link.href = step.l;
      place.append(link);
    } else if (step) place.append(step.p);
    if (run.loop !== null && !run.stutters && row > run.loop) place.append(" ↻");
    line.append(place);
    line.addEventListener("click", () => go(row));
    body.append(line);
  }
  const top = element("thead");
  top.append(head);
  table.replaceChildren(top, body);
}

function drawStrip() {
  /* What is only to be reachable is not wrong where it is false. */
  const telling = run.truth.filter(([name, form, bits]) =>
    name === run.property || (form === "reachable" ? bits.includes("1") : bits.includes("0")));
  const quiet = run.truth.filter((entry) => !telling.includes(entry) && entry[1] !== "reachable").map(([name]) => name);
  const head = element("tr"), corner = element("th", "property");
  corner.scope = "col";
  head.append(corner);
  for (let step = 0; step <= run.steps.length; step += 1) {
    const th = element("th", String(step));
    th.scope = "col";
    head.append(th);
  }
  const body = element("tbody");
  for (const [name, form, bits] of telling) {
    const line = element("tr"), label = element("th", name);
    label.scope = "row";
    line.append(label);
    for (let step = 0; step <= run.steps.length; step += 1) {
      const bit = bits[step];
      if (bit === "1") line.append(element("td", "✓", "yes"));
      else if (bit === "0" && form !== "reachable") line.append(element("td", "✗", "no"));
      else line.append(element("td", bit === "0" ? "·" : "", "faint"));
    }
    body.append(line);
  }
  const top = element("thead");
  top.append(head);
  $("strip").replaceChildren(top, body);
  $("strip-rest").textContent = quiet.length ? `True all along: ${quiet.join(", ")}` : "";
}

function drawState() {
  const here = Math.min(at, states.length - 1);
  const state = states[here], before = at > 0 && at < states.length ? states[at - 1] : state;
  const moving = new Set(run.steps.flatMap((step) => step.c.map(([view]) => view)));
  const only = $("changed").checked;
  const head = element("tr");
  for (const text of ["what", "value", "before"]) { const th = element("th", text); th.scope = "col"; head.append(th); }
  const body = element("tbody");
  run.views.forEach((name, view) => {
    if (only && !moving.has(view)) return;
    const fresh = state[view] !== before[view];
    const line = element("tr", undefined, fresh ? "new" : ""), label = element("th", name);
    label.scope = "row";
    line.append(label, element("td", state[view]), element("td", fresh ? before[view] : ""));
    body.append(line);
  });
  const top = element("thead");
  top.append(head);
  $("state").replaceChildren(top, body);
}

function go(step) {
  at = Math.max(0, Math.min(step, run.steps.length));
  $("at").value = at;
  const words = at === 0 ? "the first state" : `${run.actors[run.steps[at - 1].a]}: ${run.steps[at - 1].w}`;
  $("where").textContent = `${at} of ${run.steps.length}: ${words}`;
  document.querySelectorAll("#chart tbody tr").forEach((line, row) => {
    line.classList.toggle("now", row === at);
    line.classList.toggle("later", row > at);
    if (row === at) line.scrollIntoView({ block: "nearest" });
  });
  document.querySelectorAll("#strip tr").forEach((line) => {
    [...line.children].forEach((cell, column) => cell.classList.toggle("now", column === at + 1));
  });
  drawState();
  history.replaceState(null, "", `#run=${number}&step=${at}`);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-run]");
  if (button) open(Number(button.dataset.run));
});
$("first").addEventListener("click", () => go(0));
$("back").addEventListener("click", () => go(at - 1));
$("next").addEventListener("click", () => go(at + 1));
$("last").addEventListener("click", () => go(run.steps.length));
$("at").addEventListener("input", () => go(Number($("at").value)));
$("changed").addEventListener("change", drawState);
$("close").addEventListener("click", () => $("player").close());
$("player").addEventListener("close", () => history.replaceState(null, "", location.pathname + location.search));
$("player").addEventListener("keydown", (event) => {
  const moves = { ArrowLeft: at - 1, ArrowUp: at - 1, ArrowRight: at + 1, ArrowDown: at + 1, Home: 0, End: run.steps.length };
  if (!(event.key in moves) || event.target.type === "checkbox") return;
  event.preventDefault();
  go(moves[event.key]);
});

const link = /^#run=(\d+)(?:&step=(\d+))?$/.exec(location.hash);
if (link) open(Number(link[1]), link[2] === undefined ? undefined : Number(link[2]));
