/**
 * The live demonstration: two real processes that a person starts, stops and kills.
 *
 * @module
 */
import type {
  DemonstrationParameters,
  DemonstrationProcess,
  DemonstrationRequest,
  DemonstrationRole,
  DemonstrationState,
} from "../wire/demonstration-state.ts";
import { TOKEN_HEADER } from "../wire/hello.ts";
import { element, setAttribute, setShown, setText } from "./dom.ts";
import { count, countOf, size, text } from "./format.ts";
import { icon, setIcon } from "./icon.ts";
import type { Model } from "./model.ts";
import type { PageView } from "./page-view.ts";
import { StepSlider } from "./step-slider.ts";

const RATES = [
  10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000,
  1_000_000, 0,
];
const SIZES = [24, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536];
const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** The panel. */
export class DemonstrationPanel implements PageView {
  readonly element: HTMLElement;
  readonly #toggleIcon = icon("play");
  readonly #toggleText = element("span");
  readonly #toggle = button("primary", "demonstration-toggle", this.#toggleIcon, this.#toggleText);
  readonly #kills = {
    producer: button("danger", "kill-producer", "Kill producer"),
    consumer: button("danger", "kill-consumer", "Kill consumer"),
  } as const;
  readonly #lines = { producer: element("dd"), consumer: element("dd") } as const;
  readonly #error = element("p", { class: "error", role: "alert" });
  readonly #rate = new StepSlider("demo-rate", "Rate", RATES, (value) =>
    value === 0 ? "as fast as possible" : `${count(value)} records/s`,
  );
  readonly #size = new StepSlider("demo-size", "Record size", SIZES, (value) => text(size(value)));
  readonly #batch = new StepSlider("demo-batch", "Batch", BATCHES, (value) =>
    countOf(value, "record"),
  );
  #token = "";
  #phase: DemonstrationState["phase"] = "stopped";
  #shownParameters = "";

  constructor() {
    this.#toggle.addEventListener("click", () => {
      if (this.#phase === "stopped") this.start();
      else void this.#post({ action: "stop" });
    });
    for (const role of ["producer", "consumer"] as const) {
      this.#kills[role].addEventListener("click", () => void this.#post({ action: "kill", role }));
    }
    for (const slider of [this.#rate, this.#size, this.#batch]) {
      // One that runs goes on with what was chosen.
      slider.listen(() => {
        if (this.#phase === "running") this.start();
      });
    }
    this.element = element(
      "section",
      { class: "card", id: "demonstration" },
      element("h2", {}, "Live demonstration"),
      element(
        "p",
        { class: "hint" },
        "Two real processes and one channel between them. Kill one: what it had published is kept, " +
          "and another takes its place.",
      ),
      this.#rate.element,
      this.#size.element,
      this.#batch.element,
      element(
        "div",
        { class: "buttons" },
        this.#toggle,
        this.#kills.producer,
        this.#kills.consumer,
      ),
      this.#error,
      element(
        "dl",
        { class: "processes" },
        element("dt", {}, "Producer"),
        this.#lines.producer,
        element("dt", {}, "Consumer"),
        this.#lines.consumer,
      ),
    );
  }

  render({ demonstration: state, hello, status }: Model): void {
    if (state === undefined || hello === undefined) return;
    this.#token = hello.token;
    this.#phase = state.phase;
    this.#showParameters(state.parameters);
    const isStopped = state.phase === "stopped";
    const isDeaf = status !== "live";
    setIcon(this.#toggleIcon, isStopped ? "play" : "stop");
    setText(this.#toggleText, isStopped ? "Start" : "Stop");
    this.#toggle.disabled = isDeaf || state.phase === "stopping";
    for (const role of ["producer", "consumer"] as const) {
      const isRunning = state.phase === "running" && state[role].pid !== null;
      this.#kills[role].disabled = isDeaf || !isRunning;
      setText(this.#lines[role], lineOf(state[role], state.phase, role));
      setAttribute(this.#lines[role], "data-pid", String(state[role].pid ?? ""));
    }
    if (state.error !== null) this.#tell(state.error);
    setAttribute(this.element, "data-phase", state.phase);
  }

  #wish(): DemonstrationRequest {
    return {
      action: "start",
      records_per_second: this.#rate.value,
      size_bytes: this.#size.value,
      batch_records: this.#batch.value,
    };
  }

  /** Starts with what the sliders say. */
  start(): void {
    void this.#post(this.#wish());
  }

  /** Follows the server when its parameters change, and leaves the sliders to the person otherwise. */
  #showParameters(parameters: DemonstrationParameters): void {
    const shown = JSON.stringify(parameters);
    if (shown === this.#shownParameters) return;
    this.#shownParameters = shown;
    this.#rate.value = parameters.records_per_second;
    this.#size.value = parameters.size_bytes;
    this.#batch.value = parameters.batch_records;
  }

  async #post(wish: DemonstrationRequest): Promise<void> {
    this.#tell("");
    try {
      const response = await fetch("/api/demonstration", {
        method: "POST",
        headers: { "content-type": "application/json", [TOKEN_HEADER]: this.#token },
        body: JSON.stringify(wish),
      });
      if (!response.ok) this.#tell((await response.text()).trim());
    } catch {
      this.#tell("The dashboard's server does not answer.");
    }
  }

  #tell(message: string): void {
    setText(this.#error, message);
    setShown(this.#error, message !== "");
  }
}

function button(kind: string, id: string, ...children: (Node | string)[]): HTMLButtonElement {
  return element("button", { type: "button", class: kind, id }, ...children);
}

function lineOf(
  { pid, restarts_at_ms, summary }: DemonstrationProcess,
  phase: DemonstrationState["phase"],
  role: DemonstrationRole,
): string {
  if (pid !== null) return phase === "stopping" ? `process ${pid}, ending` : `process ${pid}`;
  if (restarts_at_ms !== null) {
    const seconds = Math.max(1, Math.ceil((restarts_at_ms - Date.now()) / 1000));
    return `killed; the next one starts in ${seconds} s`;
  }
  if (summary === null) return "not running";
  const verb = role === "producer" ? "sent" : "received";
  const bad = `${count(summary.lost)} lost, ${count(summary.corrupt)} corrupt`;
  return `${verb} ${count(summary.messages)}; ${bad}`;
}
