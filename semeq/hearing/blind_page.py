"""The page of a blind listening set: plays the versions in step, asks, and saves the answers as a file.

It is given no more than a listener may know, so it cannot tell more. A page opened from a disk may not fetch files, so
the versions are plain audio elements that all run at once, all but one muted; the muted ones are kept in step by tiny
changes of their speed, and a switch only moves the mute: no gap, no seek, and the volume stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

ANSWERS_FORMAT = "semeq.ab.answers/1"
_STYLE = """
:root{color-scheme:light dark;--ink:#1d2329;--soft:#5c6670;--line:#c3cad1;--paper:#fff;--on:#0b5cad;--on-ink:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecef;--soft:#a9b3bd;--line:#4a545e;--paper:#14181c;--on:#7cc0ff;
--on-ink:#0b1116}}
body{font:17px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:46rem;margin:2rem auto;
padding:0 1rem}
.soft{color:var(--soft)}fieldset{border:1px solid var(--line);border-radius:.5rem;margin:1rem 0}
button{font:inherit;padding:.5rem 1rem;border:1px solid var(--line);border-radius:.5rem;background:none;color:inherit;
cursor:pointer}
button.choose{min-width:3.5rem;font-weight:600}
button[aria-pressed=true]{background:var(--on);color:var(--on-ink);border-color:var(--on)}
:focus-visible{outline:3px solid var(--on);outline-offset:2px}
.version{display:flex;gap:1rem;align-items:center;margin:.6rem 0;flex-wrap:wrap}
.version label{flex:1;display:flex;gap:.6rem;align-items:center;min-width:14rem}
input[type=range]{flex:1;min-width:8rem;accent-color:var(--on)}output{min-width:5.5rem;text-align:right}
textarea,input[type=text]{font:inherit;width:100%;box-sizing:border-box;color:inherit;background:none;
border:1px solid var(--line);border-radius:.4rem;padding:.4rem}
.row{display:flex;gap:1rem;align-items:center;flex-wrap:wrap;margin:1rem 0}[hidden]{display:none!important}
"""
_SCRIPT = """
"use strict";
(() => {
  const about = document.body.dataset;
  const all = (selector, root) => [...(root || document).querySelectorAll(selector)];
  const by = (id) => document.getElementById(id);
  const sections = all("section.trial");
  const listener = [...crypto.getRandomValues(new Uint8Array(8))].map((n) => n.toString(16).padStart(2, "0")).join("");
  let trial = -1, players = [], current = 0, playing = false, dirty = false;

  const say = (text) => { by("status").textContent = text; };
  const clock = (s) => Math.floor(s / 60) + ":" + String(Math.floor(s % 60)).padStart(2, "0");
  const now = () => players[current].currentTime;

  function choose(place) {
    if (place < 0 || place >= players.length) return;
    const next = players[place];
    if (place !== current) {
      const apart = Math.abs(next.currentTime - now());
      if (apart > (playing ? 0.08 : 0)) next.currentTime = now();
    }
    next.playbackRate = 1;
    next.muted = false;
    players.forEach((player, other) => { if (other !== place) player.muted = true; });
    current = place;
    all("button.choose", sections[trial]).forEach((button, other) =>
      button.setAttribute("aria-pressed", String(other === place)));
  }

  function setPlaying(wanted) {
    playing = wanted;
    by("play").textContent = wanted ? "Pause" : "Play";
    players.forEach((player) => {
      if (!wanted) { player.pause(); return; }
      const started = player.play();
      if (started) started.catch((error) => {
        if (error.name === "AbortError" || !players.includes(player)) return;
        setPlaying(false);
        say("This browser does not play: " + error.message);
      });
    });
  }

  function seek(seconds) {
    players.forEach((player) => { player.currentTime = seconds; });
  }

  function keepInStep() {
    if (!players.length) return;
    const length = players[current].duration || 0;
    by("position").max = String(length);
    if (document.activeElement !== by("position") || playing) by("position").value = String(now());
    const told = clock(now()) + " of " + clock(length);
    by("time").textContent = told;
    by("position").setAttribute("aria-valuetext", told);
    if (!playing) return;
    players.forEach((player, place) => {
      if (place === current || player.seeking) return;
      const late = now() - player.currentTime;
      if (Math.abs(late) > 0.5) { player.currentTime = now(); return; }
      player.playbackRate = Math.abs(late) < 0.004 ? 1 : 1 + Math.max(-0.1, Math.min(0.1, 2 * late));
    });
  }

  function show(wanted) {
    if (wanted < 0 || wanted >= sections.length) return;
    setPlaying(false);
    players.forEach((player) => { player.removeAttribute("src"); player.load(); });
    sections.forEach((section, number) => { section.hidden = number !== wanted; });
    const moved = trial >= 0;
    trial = wanted;
    players = all("audio", sections[trial]);
    current = 0;
    players.forEach((player) => { player.preload = "auto"; player.src = player.dataset.src; player.load(); });
    choose(0);
    by("previous").disabled = trial === 0;
    by("next").disabled = trial === sections.length - 1;
    if (moved) all("h2", sections[trial])[0].focus();
  }

  function rated(input) {
    input.dataset.set = "yes";
    all("output", input.parentNode)[0].textContent = input.value;
    input.setAttribute("aria-valuetext", input.value);
    dirty = true;
  }

  function collect() {
    return sections.map((section, number) => {
      const chosen = all("input[type=radio]", section).find((radio) => radio.checked);
      const ratings = all("input.rating", section);
      return {
        trial: number + 1,
        ratings: ratings.length
          ? ratings.map((input) => input.dataset.set === "yes" ? Number(input.value) : null) : null,
        preferred: chosen ? Number(chosen.value) : null,
        comment: all("textarea", section)[0].value,
      };
    });
  }

  function unfinished(answers) {
    return answers.filter((one) => {
      const missing = one.ratings && one.ratings.includes(null);
      if (about.answer === "rating") return missing;
      return one.preferred === null || (about.answer === "both" && missing);
    }).map((one) => one.trial);
  }

  function save() {
    const answers = collect();
    const text = JSON.stringify({
      format: about.format, set: about.set, listener: listener, name: by("name").value,
      saved: new Date().toISOString(), comment: by("comment").value, trials: answers,
    }, null, 1);
    const link = document.createElement("a");
    const address = URL.createObjectURL(new Blob([text], {type: "application/json"}));
    link.href = address;
    link.download = "answers-" + listener + ".json";
    document.body.appendChild(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
    dirty = false;
    const left = unfinished(answers);
    say("Saved as " + link.download + ". " + (left.length
      ? "Still without all answers: trial " + left.join(", ") + ". You may go on and save again."
      : "All trials are answered. Thank you."));
  }

  all("button.choose").forEach((button) =>
    button.addEventListener("click", () => choose(Number(button.dataset.place) - 1)));
  all("input.rating").forEach((input) => ["input", "click"].forEach((event) =>
    input.addEventListener(event, () => rated(input))));
  all("input[type=radio],textarea,input[type=text]").forEach((input) =>
    input.addEventListener("input", () => { dirty = true; }));
  all("audio").forEach((player) => {
    player.addEventListener("ended", () => {
      if (player !== players[current]) return;
      seek(0);
      setPlaying(playing && by("repeat").checked);
    });
    player.addEventListener("error", () => {
      if (!players.includes(player)) return;
      say("Cannot play " + player.dataset.src +
        ": keep this page beside its trial folders, or try another browser.");
    });
  });
  by("play").addEventListener("click", () => setPlaying(!playing));
  by("position").addEventListener("input", () => seek(Number(by("position").value)));
  by("previous").addEventListener("click", () => show(trial - 1));
  by("next").addEventListener("click", () => show(trial + 1));
  by("save").addEventListener("click", save);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.target, kind = target.tagName;
    if (kind === "TEXTAREA" || (kind === "INPUT" && target.type === "text")) return;
    if (/^[0-9]$/.test(event.key)) { choose(event.key === "0" ? 9 : Number(event.key) - 1); event.preventDefault(); }
    if (event.key === " " && kind !== "BUTTON" && kind !== "INPUT") { setPlaying(!playing); event.preventDefault(); }
  });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  setInterval(keepInStep, 100);
  by("player").hidden = false;
  show(0);
})();
"""
_HOW = (
    "<p>All versions are equally loud and play in step. Set your volume now, then leave it. Switch as often as you "
    "like: the buttons, or the keys <kbd>1</kbd> to <kbd>{last}</kbd>; <kbd>Space</kbd> plays and pauses.{ask}</p>"
)
_RATE = " Rate each version from 0 (least) to 100 (most)."


def listening_page(*, set_id: str, question: str, answer: str, trials: Sequence[Sequence[str]]) -> str:
    """The page; ``trials`` are the relative paths of each trial's files in the order of their places."""
    asked = escape(question)
    how = _HOW.format(last=min(9, max(map(len, trials))), ask="" if answer == "preference" else _RATE)
    sections = [_trial(number, len(trials), files, asked, answer) for number, files in enumerate(trials, 1)]
    about = {"format": ANSWERS_FORMAT, "set": set_id, "answer": answer}
    data = " ".join(f'data-{name}="{escape(text)}"' for name, text in about.items())
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width,initial-scale=1"><title>Listen: {asked}</title><style>{_STYLE}</style></head>\n'
        f"<body {data}><main><h1>{asked}</h1>{how}\n"
        "<noscript><p>This page needs JavaScript, which is switched off here.</p></noscript>\n"
        f'<div id="player" hidden>{"".join(sections)}{_TRANSPORT}{_END}</div>\n'
        f'<p id="status" role="status" aria-live="polite"></p></main>\n<script>{_SCRIPT}</script></body></html>\n'
    )


_TRANSPORT = (
    '<div class="row"><button type="button" id="play">Play</button>'
    '<input type="range" id="position" min="0" max="1" step="0.01" value="0" aria-label="Position">'
    '<span id="time" class="soft">0:00</span>'
    '<label><input type="checkbox" id="repeat" checked> Repeat</label></div>'
    '<div class="row"><button type="button" id="previous">Previous trial</button>'
    '<button type="button" id="next">Next trial</button></div>\n'
)
_END = (
    '<h2>When you are done</h2><p><label>Your name, if you like <input type="text" id="name" maxlength="100" '
    'autocomplete="off"></label></p><p><label>Comments <textarea id="comment" rows="3" maxlength="2000"></textarea>'
    '</label></p><p><button type="button" id="save">Save answers</button> '
    '<span class="soft">as a file for whoever asked you; nothing is sent.</span></p>'
)


def _trial(number: int, count: int, files: Sequence[str], asked: str, answer: str) -> str:
    rows = "".join(_version(number, place, file, answer) for place, file in enumerate(files, 1))
    choice = "" if answer == "rating" else _preference(number, len(files), asked)
    return (
        f'<section class="trial" aria-labelledby="trial-{number}"{" hidden" if number > 1 else ""}>'
        f'<h2 id="trial-{number}" tabindex="-1">Trial {number} of {count}</h2>'
        f"<fieldset><legend>Versions</legend>{rows}</fieldset>{choice}"
        '<p><label>Comments on this trial <textarea rows="2" maxlength="2000"></textarea></label></p></section>\n'
    )


def _version(trial: int, place: int, file: str, answer: str) -> str:
    rating = (
        f'<label>Rating <input type="range" class="rating" min="0" max="100" step="1" value="50" '
        f'aria-label="Rating of version {place} in trial {trial}" aria-valuetext="not rated">'
        "<output>not rated</output></label>"
    )
    return (
        f'<div class="version"><audio preload="none" data-src="{escape(file)}"></audio>'
        f'<button type="button" class="choose" data-place="{place}" aria-pressed="false" '
        f'aria-label="Hear version {place}">{place}</button>{"" if answer == "preference" else rating}</div>'
    )


def _preference(trial: int, places: int, asked: str) -> str:
    choices = [(place, str(place)) for place in range(1, places + 1)] + [(0, "no difference")]
    radios = "".join(
        f'<label><input type="radio" name="preferred-{trial}" value="{value}"> {said}</label>'
        for value, said in choices
    )
    return f'<fieldset><legend>{asked}</legend><div class="row">{radios}</div></fieldset>'
