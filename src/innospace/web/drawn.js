// A fragment of HTML made on the server, with marks that tell their value and can be picked, and tables that sort.
const HINT = "data-hint";
const inView = e => {
  const b = e.getBoundingClientRect();
  return b.bottom > 0 && b.top < innerHeight;
};
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
export default {
  props: { html: String, pick: Boolean, sortable: Boolean, filter: String, loading: String },
  emits: ["pick"],
  template: `
    <div class="drawn" :aria-busy="!!loading">
      <p v-if="loading && !html" class="soft" role="status">{{ loading }}</p>
      <div ref="place" @mouseover="tell" @mouseout="hush" @focusin="tell" @focusout="hush" @click="chosen" @keydown="key"></div>
      <p v-show="tip" ref="tip" class="tip" aria-hidden="true">{{ tip }}</p>
      <slot></slot>
    </div>`,
  data() {
    return { tip: "" };
  },
  mounted() {
    this.render();
  },
  watch: {
    html() {
      this.render();
    },
    filter() {
      this.sift();
    },
  },
  methods: {
    render() {
      const place = this.$refs.place, focused = place.contains(document.activeElement) && document.activeElement.getAttribute(HINT);
      const active = document.activeElement, held = active !== document.body && inView(active);
      this.tip = "";
      place.innerHTML = this.html;
      if (this.pick) this.$refs.place.querySelectorAll(".chart svg").forEach(this.bring);
      if (this.sortable) this.$refs.place.querySelectorAll(".tabular thead tr:last-child th").forEach(this.sorter);
      this.sift();
      if (focused) this.refocus(focused);
      // a drawing that arrives must not push the control in use out of sight
      if (held && active.isConnected && !inView(active)) active.scrollIntoView({ block: "nearest" });
    },
    // who moves among marks with the keyboard stays where they were
    refocus(hint) {
      const mark = [...this.$refs.place.querySelectorAll(`[${HINT}]`)].find(m => m.getAttribute(HINT) === hint && m.checkVisibility());
      if (!mark) return;
      mark.ownerSVGElement.querySelectorAll('[tabindex="0"]').forEach(m => m.setAttribute("tabindex", -1));
      mark.setAttribute("tabindex", 0);
      mark.focus({ preventScroll: true });
    },
    // marks become buttons of a group, of which one is a stop of the tab key
    bring(svg) {
      const marks = [...svg.querySelectorAll("path > title, circle > title")];
      if (!marks.length) return;
      svg.setAttribute("role", "group");
      // words of the drawing speak for themselves
      svg.querySelectorAll("[aria-label]").forEach(part => part.removeAttribute("aria-label"));
      marks.forEach((title, n) => {
        const mark = title.parentElement;
        mark.setAttribute(HINT, title.textContent);
        mark.setAttribute("aria-label", title.textContent);
        mark.setAttribute("role", "button");
        mark.setAttribute("tabindex", n ? -1 : 0);
        title.remove();
      });
    },
    mark(event) {
      return event.target.closest ? event.target.closest(`[${HINT}]`) : null;
    },
    tell(event) {
      const mark = this.mark(event);
      if (!mark) return;
      this.tip = mark.getAttribute(HINT);
      this.$nextTick(() => this.placeTip(mark));
    },
    placeTip(mark) {
      const [own, at, tip] = [this.$el, mark, this.$refs.tip].map(e => e.getBoundingClientRect());
      const left = at.left + at.width / 2 - tip.width / 2 - own.left;
      this.$refs.tip.style.left = `${Math.max(0, Math.min(left, own.width - tip.width))}px`;
      this.$refs.tip.style.top = `${at.top - own.top - tip.height - 6}px`;
    },
    hush() {
      this.tip = "";
    },
    chosen(event) {
      const mark = this.mark(event);
      if (mark) this.$emit("pick", mark.getAttribute(HINT));
    },
    key(event) {
      const mark = this.mark(event);
      if (!mark) return;
      if (event.key === "Escape") return this.hush();
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        return this.chosen(event);
      }
      const all = [...mark.ownerSVGElement.querySelectorAll(`[${HINT}]`)];
      const here = all.indexOf(mark);
      const to = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1 : here + (STEPS[event.key] || 0);
      const next = all[Math.max(0, Math.min(to, all.length - 1))];
      if (next === mark) return;
      event.preventDefault();
      mark.setAttribute("tabindex", -1);
      next.setAttribute("tabindex", 0);
      next.focus();
    },
    sorter(head) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sorter";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => this.sort(head));
    },
    sort(head) {
      const row = head.parentElement, column = [...row.children].indexOf(head);
      const down = head.getAttribute("aria-sort") === "ascending";
      [...row.children].forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = head.closest("table").tBodies[0];
      const keyed = [...body.rows].map(tr => [this.sortKey(tr.cells[column].textContent), tr]);
      const sign = down ? -1 : 1;
      keyed.sort(([a], [b]) => {
        // what is missing stands last either way
        if (a === null || b === null) return (a === null) - (b === null);
        return sign * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
      });
      body.append(...keyed.map(([, tr]) => tr));
    },
    sortKey(text) {
      const plain = text.trim();
      if (plain === "" || plain === "\u2013") return null;
      const number = Number(plain.replace(/[\u202f\u00a0%]/g, "").replace("\u2212", "-"));
      return Number.isNaN(number) ? plain : number;
    },
    sift() {
      const wanted = (this.filter || "").trim().toLocaleLowerCase();
      this.$refs.place.querySelectorAll(".tabular tbody tr").forEach(tr => {
        tr.hidden = wanted !== "" && !tr.textContent.toLocaleLowerCase().includes(wanted);
      });
    },
  },
};
