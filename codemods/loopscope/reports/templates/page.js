"use strict";
(() => {
  const root = document.documentElement;
  const find = (selector, where = document) => [...where.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  const suites = find(".suite");
  const input = byId("suite-filter");
  const codes = find("button.code");
  const keys = byId("keys");

  // -- filters ---------------------------------------------------------------------------

  function filter() {
    const words = input.value.toLowerCase();
    const chosen = codes.filter((b) => b.getAttribute("aria-pressed") === "true");
    const wanted = new Set(chosen.map((button) => button.dataset.code));
    let shown = 0;
    for (const suite of suites) {
      let any = wanted.size === 0;
      for (const item of find("[data-codes]", suite)) {
        const hit = !wanted.size || item.dataset.codes.split(" ").some((c) => wanted.has(c));
        item.hidden = !hit;
        any = any || hit;
      }
      for (const box of find(".file, .findings, .files", suite)) {
        box.hidden = wanted.size > 0 && !box.querySelector("[data-codes]:not([hidden])");
      }
      suite.hidden = !(any && suite.dataset.name.toLowerCase().includes(words));
      shown += suite.hidden ? 0 : 1;
    }
    const filtered = words !== "" || wanted.size > 0;
    byId("shown").value = filtered ? `${shown} of ${suites.length} suites` : "";
    byId("clear").hidden = !filtered;
    byId("nothing").hidden = !(filtered && shown === 0);
  }

  function clear() {
    input.value = "";
    for (const button of codes) button.setAttribute("aria-pressed", "false");
    filter();
  }

  input.addEventListener("input", filter);
  byId("clear").addEventListener("click", clear);
  for (const button of codes) {
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") === "true";
      button.setAttribute("aria-pressed", String(!on));
      filter();
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
    const target = byId(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
      target.querySelector("summary").focus({ preventScroll: true });
      target.scrollIntoView();
    }
  }
  addEventListener("hashchange", openTarget);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) openTarget();
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
      input.blur();
      return;
    }
    if (event.target === input) return;
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
