"use strict";
(() => {
  const root = document.documentElement;
  const find = (selector, where = document) => [...where.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  const suites = find(".suite");
  const input = byId("suite-filter");
  const test = byId("test-filter");
  const status = byId("status-filter");
  const assumption = byId("assumption");
  const codes = find("button.code");
  const keys = byId("keys");

  // -- filters ---------------------------------------------------------------------------

  const pressed = (button) => button.getAttribute("aria-pressed") === "true";
  const press = (button, on) => button.setAttribute("aria-pressed", String(on));
  const holds = (text, words) => text.toLowerCase().includes(words.toLowerCase());
  let at = "";  // the hunk that the address names beside a filter

  function filter() {
    const wanted = new Set(codes.filter(pressed).map((button) => button.dataset.code));
    const trust = pressed(assumption);
    const narrow = wanted.size > 0 || trust || test.value !== "";
    let shown = 0;
    for (const suite of suites) {
      let any = !narrow;
      for (const item of find("[data-codes]", suite)) {
        const hit = (!wanted.size || item.dataset.codes.split(" ").some((c) => wanted.has(c)))
          && (!trust || "assumption" in item.dataset) && holds(item.dataset.names, test.value);
        item.hidden = !hit;
        any = any || hit;
      }
      for (const chip of find("[data-test]", suite)) {
        const hit = test.value !== "" && holds(chip.dataset.test, test.value);
        chip.classList.toggle("hit", hit);
        any = any || (hit && !wanted.size && !trust);
      }
      for (const box of find(".file, .findings, .files", suite)) {
        box.hidden = narrow && !box.querySelector("[data-codes]:not([hidden])");
      }
      suite.hidden = !(any && holds(suite.dataset.name, input.value)
        && (status.value === "" || suite.dataset.status === status.value));
      const row = document.querySelector(`[data-row="${suite.id}"]`);
      if (row) row.hidden = suite.hidden;
      shown += suite.hidden ? 0 : 1;
    }
    const filtered = narrow || input.value !== "" || status.value !== "";
    byId("shown").value = filtered ? `${shown} of ${suites.length} suites` : "";
    byId("clear").hidden = !filtered;
    byId("nothing").hidden = !(filtered && shown === 0);
  }

  // -- the address: what is filtered, so that it can be passed on ---------------------------

  function address() {
    const state = new URLSearchParams();
    if (input.value) state.set("suite", input.value);
    if (test.value) state.set("test", test.value);
    if (status.value) state.set("status", status.value);
    if (pressed(assumption)) state.set("assumption", "yes");
    const chosen = codes.filter(pressed).map((button) => button.dataset.code);
    if (chosen.length) state.set("rules", chosen.join(" "));
    if (at && state.size) state.set("at", at);
    return state.size ? `#${state}` : "";
  }

  function changed() {
    at = "";
    filter();
    history.replaceState(null, "", address() || location.pathname + location.search);
  }

  function restore() {
    const state = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
    input.value = state.get("suite") ?? "";
    test.value = state.get("test") ?? "";
    status.value = state.get("status") ?? "";
    if (status.selectedIndex < 0) status.value = "";
    press(assumption, state.get("assumption") === "yes");
    const chosen = (state.get("rules") ?? "").split(" ");
    for (const button of codes) press(button, chosen.includes(button.dataset.code));
    at = state.get("at") ?? "";
    filter();
  }

  function clear() {
    input.value = test.value = status.value = "";
    for (const button of [...codes, assumption]) press(button, false);
    changed();
  }

  for (const field of [input, test, status]) field.addEventListener("input", changed);
  byId("clear").addEventListener("click", clear);
  for (const button of [...codes, assumption]) {
    button.addEventListener("click", () => {
      press(button, !pressed(button));
      changed();
    });
  }

  // -- open and close ----------------------------------------------------------------------

  const all = find(".suite details");
  const toggleAll = byId("toggle-all");

  function openAll() {
    const open = toggleAll.textContent === "Open all";
    for (const details of all) details.open = open;
    label();
  }

  function label() {
    toggleAll.textContent = all.every((details) => details.open) ? "Close all" : "Open all";
  }

  toggleAll.addEventListener("click", openAll);
  let waiting = 0;
  document.addEventListener("toggle", () => {  // once for all that were opened together
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(label);
  }, true);

  function openTarget() {
    if (location.hash.includes("=")) restore();
    const target = byId(at || decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let box = target; box; box = box.parentElement) {
      if (box instanceof HTMLDetailsElement) box.open = true;
    }
    if (target.matches(".suite")) target.querySelector("details").open = true;
    (target.querySelector("summary") ?? target).focus({ preventScroll: true });
    target.scrollIntoView();
  }
  addEventListener("hashchange", openTarget);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link) return;
    const filtered = address();
    if (link.matches(".here-link") && filtered) {
      event.preventDefault();  // the filter stays in the address
      at = link.hash.slice(1);
      history.replaceState(null, "", address());
      openTarget();
    } else if (link.hash === location.hash) {
      openTarget();
    }
  });

  // -- where a test goes: what the pointer is on, in both maps --------------------------------

  document.addEventListener("pointerover", (event) => {
    for (const chip of find(".here")) chip.classList.remove("here");
    const test = event.target.closest("[data-test]");
    if (!test) return;
    for (const chip of find("[data-test]", test.closest(".maps"))) {
      chip.classList.toggle("here", chip.dataset.test === test.dataset.test);
    }
  });

  // -- dark and light ----------------------------------------------------------------------

  const theme = byId("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const nameTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; };

  function switchTheme() {
    root.dataset.theme = isDark() ? "light" : "dark";
    nameTheme();
  }
  theme.addEventListener("click", switchTheme);
  system.addEventListener("change", nameTheme);
  nameTheme();

  // -- keys --------------------------------------------------------------------------------

  function move(selector, step) {
    const stops = find(selector).filter((stop) => stop.checkVisibility());
    const here = document.activeElement;
    const after = stops.findIndex(
      (stop) => here.compareDocumentPosition(stop) & Node.DOCUMENT_POSITION_FOLLOWING,
    );
    const current = stops.indexOf(here);
    let next;
    if (step > 0) next = here === document.body ? 0 : after;
    else next = current >= 0 ? current - 1 : (after < 0 ? stops.length : after) - 1;
    const stop = stops[next];
    if (!stop) return;
    stop.focus({ preventScroll: true });
    stop.scrollIntoView({ block: "nearest" });
  }

  const actions = {
    j: () => move("[data-stop]", 1),
    k: () => move("[data-stop]", -1),
    n: () => move("[data-suite]", 1),
    p: () => move("[data-suite]", -1),
    o: openAll,
    t: switchTheme,
    "/": () => input.focus(),
    "?": () => keys.showModal(),
  };

  byId("keys-button").addEventListener("click", () => keys.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
    if (event.key === "Escape") {
      clear();
      document.activeElement.blur();
      return;
    }
    if (event.target.matches("input, select")) return;
    const action = actions[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  });

  // -- the bar ------------------------------------------------------------------------------

  const bar = document.querySelector(".bar");
  bar.hidden = false;  // it is of no use without this script

  function keepClear() {  // what is scrolled to must not end up below the bar
    const over = getComputedStyle(bar).position === "sticky";
    root.style.scrollPaddingTop = over ? `${bar.offsetHeight + 8}px` : "";
  }
  new ResizeObserver(keepClear).observe(bar);
  keepClear();

  label();
  openTarget();
})();
