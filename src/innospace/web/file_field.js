// A file from the user's machine: native file input, or a file dropped on it; sent as it is, with progress and a way to stop.
export default {
  props: {
    label: { type: String, default: "" },
    help: { type: String, default: "" },
    accept: { type: String, default: "" },
    address: { type: String, default: "" },
    limit: { type: Number, default: 0 },
    error: { type: String, default: "" },
    busy: { type: String, default: "" }, // what the server does with the file that was sent
  },
  emits: ["sent", "refused"],
  template: `
    <div class="field file-field" :aria-busy="!!(request || busy)" :class="{ over, invalid: !!(error || own_error) }" @dragover.prevent="over = true" @dragleave="over = false" @drop.prevent="dropped">
      <label :for="part('control')">{{ label }}</label>
      <input type="file" :id="part('control')" :accept="accept" :disabled="!!request" :aria-describedby="part('help') + ' ' + part('error')" @change="chosen">
      <p class="help" :id="part('help')">{{ help }}</p>
      <div v-if="request" class="sending">
        <progress max="1" :value="share" :aria-label="'Sending ' + name"></progress>
        <span>{{ Math.round(share * 100) }} % of {{ size }}</span>
        <button type="button" class="button" @click="stop">Stop</button>
      </div>
      <p class="soft" role="status">{{ request ? "Sending " + name + "…" : busy }}</p>
      <p class="error" :id="part('error')" role="alert">{{ own_error || error }}</p>
    </div>`,
  data() {
    return { over: false, request: null, share: 0, name: "", size: "", own_error: "" };
  },
  created() {
    // the bar that Quasar draws at every request has no name for assistive technology; the progress here has
    window.Quasar?.LoadingBar?.setDefaults({ hijackFilter: () => false });
  },
  methods: {
    part(name) {
      return `${this.$attrs.id}-${name}`;
    },
    dropped(event) {
      this.over = false;
      if (!this.request && event.dataTransfer.files.length) this.send(event.dataTransfer.files[0]);
    },
    chosen(event) {
      const file = event.target.files[0];
      if (file) this.send(file);
      event.target.value = ""; // the same file may be chosen again after it was mended
    },
    send(file) {
      this.own_error = "";
      this.name = file.name;
      this.size = file.size < 1e5 ? `${Math.ceil(file.size / 1000)} kB` : `${(file.size / 1e6).toFixed(1)} MB`;
      if (file.size > this.limit) {
        this.own_error = `${file.name} has ${this.size}; up to ${this.limit / 1e6} MB can be sent. Save it as Parquet with the columns that are needed, or copy it into the study's folder data.`;
        return;
      }
      const request = new XMLHttpRequest();
      request.open("PUT", `${this.address}?name=${encodeURIComponent(file.name)}`);
      request.upload.onprogress = (e) => (this.share = e.total ? e.loaded / e.total : 0);
      request.onload = () => this.answered(request);
      request.onerror = () => this.ended("The file could not be sent: the connection was lost. Choose it again.");
      request.onabort = () => this.ended("Stopped; nothing was kept.");
      this.share = 0;
      this.request = request;
      request.send(file);
    },
    answered(request) {
      this.ended("");
      let answer;
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        this.own_error = `The file was not taken: ${request.responseText || request.status}`;
        return;
      }
      if (answer.error) this.own_error = [answer.error.what, answer.error.allowed && `Allowed: ${answer.error.allowed}.`, answer.error.remedy].filter(Boolean).join(" ");
      else this.$emit("sent", answer);
    },
    ended(text) {
      this.request = null;
      this.own_error = text;
    },
    stop() {
      this.request?.abort();
    },
  },
};
