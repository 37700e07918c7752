// One labelled native control: label, control, unit, help and error, tied together for assistive technology.
export default {
  props: {
    kind: { type: String, default: "text" },
    label: { type: String, default: "" },
    help: { type: String, default: "" },
    error: { type: String, default: "" },
    unit: { type: String, default: "" },
    options: { type: Array, default: () => [] }, // [{ value, label, group }]
    min: Number,
    max: Number,
    step: [Number, String],
    rows: { type: Number, default: 3 },
    suggestions: { type: Array, default: () => [] }, // offered while a line of text is typed
    placeholder: { type: String, default: "" },
    required: Boolean,
    hideLabel: Boolean,
    live: Boolean, // tell every keystroke, not only what is committed
    initial: null,
    revision: { type: Number, default: 0 }, // the server counts it up when it sets a value
  },
  emits: ["change"],
  template: `
    <div class="field" :class="['field-' + kind, { invalid: !!error }]">
      <template v-if="kind === 'checkbox'">
        <div class="tick">
          <input type="checkbox" :id="own('control')" :checked="!!current" v-bind="described" @change="commit($event.target.checked)">
          <label :for="own('control')">{{ label }}</label>
        </div>
      </template>
      <template v-else>
        <label :for="own('control')" :class="{ hidden: hideLabel }">{{ label }}<span v-if="required" class="must"> (required)</span></label>
        <select v-if="kind === 'select'" :id="own('control')" :value="key(current)" :required="required" v-bind="described" @change="commit(options[$event.target.selectedIndex].value)">
          <template v-for="part in groups">
            <optgroup v-if="part.group" :label="part.group">
              <option v-for="o in part.items" :key="key(o.value)" :value="key(o.value)">{{ o.label }}</option>
            </optgroup>
            <option v-else v-for="o in part.items" :key="key(o.value)" :value="key(o.value)">{{ o.label }}</option>
          </template>
        </select>
        <textarea v-else-if="kind === 'textarea'" :id="own('control')" :value="current" :rows="rows" :placeholder="placeholder" spellcheck="false" v-bind="described" @input="typed($event.target.value)" @change="commit($event.target.value)"></textarea>
        <div v-else-if="kind === 'slider'" class="slide">
          <input type="range" :id="own('control')" :value="current" :min="min" :max="max" :step="step" :aria-valuetext="valueText" v-bind="described" @input="typed(number($event.target.value))" @change="commit(number($event.target.value))">
          <input type="number" :aria-label="label + (unit ? ', ' + unit : '')" :value="half ?? current" :min="min" :max="max" :step="step" v-bind="described" @input="half = $event.target.value" @change="commit(number($event.target.value))">
          <span v-if="unit" class="unit">{{ unit }}</span>
        </div>
        <div v-else class="one">
          <input :type="kind" :id="own('control')" :value="current" :min="min" :max="max" :step="kind === 'number' ? (step ?? 'any') : undefined" :placeholder="placeholder" :required="required" autocomplete="off" :list="suggestions.length ? own('list') : undefined" v-bind="described" @input="typed(read($event.target.value))" @change="commit(read($event.target.value))">
          <datalist v-if="suggestions.length" :id="own('list')"><option v-for="s in suggestions" :key="s" :value="s"></option></datalist>
          <span v-if="unit" class="unit">{{ unit }}</span>
        </div>
      </template>
      <p v-if="help" class="help" :id="own('help')">{{ help }}</p>
      <p class="error" :id="own('error')" aria-live="polite"><template v-if="error">{{ error }}</template></p>
    </div>`,
  data() {
    // half: what is being typed into the box of a slider; an update of the page must not take it away
    return { current: this.initial, half: null, timer: null };
  },
  computed: {
    described() {
      const ids = [this.help ? this.own("help") : "", this.error ? this.own("error") : ""].filter(Boolean).join(" ");
      return { "aria-describedby": ids || undefined, "aria-invalid": this.error ? "true" : undefined };
    },
    groups() {
      const parts = [];
      for (const item of this.options) {
        const last = parts[parts.length - 1];
        if (last && last.group === (item.group || "")) last.items.push(item);
        else parts.push({ group: item.group || "", items: [item] });
      }
      return parts;
    },
    valueText() {
      return this.unit ? `${this.current} ${this.unit}` : undefined;
    },
  },
  watch: {
    revision() {
      this.half = null;
      this.current = this.initial;
    },
  },
  methods: {
    own(part) {
      return `${this.$attrs.id}-${part}`;
    },
    key(value) {
      return JSON.stringify(value ?? null);
    },
    number(text) {
      return text === "" ? null : Number(text);
    },
    read(text) {
      return this.kind === "number" ? this.number(text) : text;
    },
    typed(value) {
      this.half = null;
      this.current = value;
      if (!this.live) return;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.$emit("change", value), 120);
    },
    commit(value) {
      clearTimeout(this.timer);
      this.half = null;
      this.current = value;
      this.$emit("change", value);
    },
  },
};
