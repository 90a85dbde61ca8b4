/**
 * One damaged segment and everything that can be done with it.
 *
 * @module
 */
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { MemoryMappedFile } from "@isthmus/core";
import { decodeSuperblock } from "@isthmus/core/internal";
import {
  collectSegments,
  DirectoryObserver,
  listSegments,
  observe,
  observeSchema,
  observeStruct,
  RecordTail,
  ratesBetween,
  removeSegment,
  SegmentObserver,
} from "../../../src/index.ts";
import type { OpenVerb } from "../../../src/segment/segment.ts";
import { type Change, damaged, type Span } from "./damage.ts";
import { lieAboutWords } from "./liar.ts";
import { demand, Outcomes } from "./outcomes.ts";
import type { Part, Species } from "./role.ts";
import { SPECIES } from "./species.ts";

/** Who has the segment: nobody, nobody but it is persistent, or somebody under whom it is changed. */
export const SITUATIONS = ["orphan", "persistent", "held"] as const;

/** See {@link SITUATIONS}. */
export type Situation = (typeof SITUATIONS)[number];

const VERBS: readonly OpenVerb[] = ["openExisting", "createOrOpen", "createNew"];
const NAME = "n";
const FLAGS_OFFSET = 28;
const FLAG_PERSISTENT = 1;

/** Lies accumulate for so long. */
const ROUNDS_PER_LIFE = 4;

/** A whole segment. */
interface Model {
  readonly bytes: Uint8Array;
  readonly sections: readonly Span[];
}

const models = new Map<string, Model>();

/** Examines one segment in the directory that `ISTHMUS_DIR` says; returns how often each operation ended how. */
export async function examine(
  species: Species,
  situation: Situation,
  changes: readonly Change[],
): Promise<Record<string, number>> {
  const examination = new Examination(species);
  try {
    if (situation === "held") await examination.underHolders(changes);
    else await examination.planted(situation, changes);
  } finally {
    examination.clear();
  }
  return examination.outcomes.tally;
}

/** Participants of a segment that goes on while somebody else damages it. */
export class Endurance {
  readonly #examination: Examination;
  #parts: readonly Part[];

  /** Makes the segment. */
  constructor(species: Species) {
    this.#examination = new Examination(species);
    this.#parts = this.#examination.join("createOrOpen");
  }

  /**
   * Does everything so often, with those who were there before and with others who come and go.
   *
   * @param seed Of the lies that are told to this process alone; absent: those that others tell are enough.
   */
  async run(rounds: number, seed?: number): Promise<Record<string, number>> {
    const examination = this.#examination;
    using lies = seed === undefined ? undefined : lieAboutWords(seed);
    for (let round = 1; round <= rounds; round++) {
      if (lies !== undefined && round % ROUNDS_PER_LIFE === 0) this.#beginAnew();
      await examination.use(this.#parts);
      examination.look();
      await examination.visit("createOrOpen");
    }
    return examination.outcomes.tally;
  }

  /** Another segment: lies that last keep newcomers out of the one that there is. */
  #beginAnew(): void {
    this.#examination.part(this.#parts);
    rmSync(join(process.env["ISTHMUS_DIR"] ?? "", NAME), { force: true });
    this.#parts = this.#examination.join("createOrOpen");
  }
}

class Examination {
  readonly outcomes = new Outcomes();
  readonly #species: Species;
  readonly #directory = process.env["ISTHMUS_DIR"] ?? "";
  readonly #path = join(this.#directory, NAME);

  constructor(species: Species) {
    this.#species = species;
  }

  /** The file is there, and nobody who holds it. */
  async planted(situation: Situation, changes: readonly Change[]): Promise<void> {
    const { bytes, sections } = await this.#model(situation);
    const plant = (): void =>
      writeFileSync(this.#path, damaged(bytes, sections, changes), { mode: 0o600 });
    plant();
    this.look();
    for (const verb of VERBS) {
      plant();
      await this.visit(verb);
      this.look();
    }
    for (const other of SPECIES) {
      if (other === this.#species) continue;
      plant();
      this.#openAsAnother(other);
    }
    plant();
    this.outcomes.attempt("collect", () => collectSegments());
    plant();
    this.outcomes.attempt("remove", () => removeSegment(NAME));
  }

  /** It is changed while others use it, who go on. */
  async underHolders(changes: readonly Change[]): Promise<void> {
    const parts = this.join("createOrOpen");
    await this.use(parts);
    this.#overwrite(changes);
    this.look();
    await this.use(parts);
    for (const verb of VERBS) await this.visit(verb);
    for (const other of SPECIES) if (other !== this.#species) this.#openAsAnother(other);
    this.outcomes.attempt("collect", () => collectSegments());
    await this.use(parts);
    this.part(parts);
  }

  /** Leaves the directory as it was. */
  clear(): void {
    this.outcomes.attempt("unlink", () => MemoryMappedFile.unlink(NAME));
    this.outcomes.attempt("remove", () => removeSegment(NAME, { force: true }));
    rmSync(this.#path, { force: true });
    const rest = readdirSync(this.#directory).filter((name) => !/^\.(bell|life|slot)-/.test(name));
    demand(rest.length === 0, `${rest.join(", ")} stays behind`);
  }

  /** A segment with records, positions and participants in it. */
  async #model(situation: Situation): Promise<Model> {
    const key = `${situation} ${this.#species.name}`;
    const known = models.get(key);
    if (known !== undefined) return known;
    const parts = this.join("createOrOpen");
    await this.use(parts);
    const bytes = new Uint8Array(readFileSync(this.#path));
    this.part(parts);
    if (situation === "persistent") bytes[FLAGS_OFFSET] = FLAG_PERSISTENT;
    const { sections } = decodeSuperblock(bytes, bytes.length, NAME);
    const model = { bytes, sections };
    models.set(key, model);
    return model;
  }

  #overwrite(changes: readonly Change[]): void {
    const before = new Uint8Array(readFileSync(this.#path));
    const { sections } = decodeSuperblock(before, before.length, NAME);
    const after = damaged(before, sections, changes);
    const fd = openSync(this.#path, "r+");
    try {
      if (after.length !== fstatSync(fd).size) ftruncateSync(fd, after.length);
      // Only what is different, or rings would be filled that nobody has allocated.
      for (let at = 0; at < after.length; at += 4) {
        const [new4, old4] = [after.subarray(at, at + 4), before.subarray(at, at + 4)];
        if (Buffer.compare(new4, old4) !== 0) writeSync(fd, new4, 0, new4.length, at);
      }
    } finally {
      closeSync(fd);
    }
  }

  join(verb: OpenVerb): Part[] {
    return this.#species.roles.flatMap(
      ({ name, open }) => this.outcomes.attempt(`${name} ${verb}`, () => open(verb, NAME)) ?? [],
    );
  }

  async use(parts: readonly Part[]): Promise<void> {
    await Promise.all(parts.map((part) => part.use(this.outcomes)));
  }

  part(parts: readonly Part[]): void {
    for (const part of parts.toReversed()) {
      this.outcomes.attempt("dispose", () => part[Symbol.dispose]());
    }
  }

  async visit(verb: OpenVerb): Promise<void> {
    const parts = this.join(verb);
    await this.use(parts);
    this.part(parts);
  }

  #openAsAnother({ name, roles }: Species): void {
    const [first] = roles;
    const part = this.outcomes.attempt(`as ${name}`, () => first?.open("openExisting", NAME));
    if (part !== undefined) this.part([part]);
  }

  look(): void {
    const { outcomes } = this;
    outcomes.attempt("list", () => listSegments());
    outcomes.attempt("observe", () => observe(NAME));
    outcomes.attempt("observe schema", () => observeSchema(NAME));
    const [kind] = this.#species.name.split(" ");
    if (kind === "struct") outcomes.attempt("observe struct", () => observeStruct(NAME));
    if (kind === "topic" || kind === "service") outcomes.attempt("follow", follow);
    outcomes.attempt("sample", () => {
      using observer = new SegmentObserver(NAME);
      const [first, second] = [observer.sample(), observer.sample()];
      if (first !== undefined && second !== undefined) ratesBetween(first, second);
    });
    outcomes.attempt("sample all", () => {
      using observer = new DirectoryObserver();
      demand(observer.sample().length <= 1, "segments that are not there");
    });
  }
}

/** Follows what is held, and decodes it; records may be no records. */
function follow(): void {
  using tail = new RecordTail(NAME, { from: "held" });
  tail.poll((record) => {
    demand(record.bytes.length === record.lengthBytes, `${record.lengthBytes} bytes`);
    tail.decode(record);
  });
}
