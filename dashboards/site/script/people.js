// Finds the one file that would hold a person, and asks it what `plainscore explain` asks.

import { databaseBytes } from "./fetching.js";
import { nextBand } from "./next_band.js";

const NEIGHBOURS = 9;
const utf8 = new TextEncoder();

export class People {
  static async open(engine, method) {
    const people = new People();
    Object.assign(people, { engine, method, file: null, areNamed: false });
    await engine.attach("method", await databaseBytes(method.method_file));
    await engine.run("use method");
    return people;
  }

  // Returns the object that `plainscore explain --format json` prints, and the friends; null where
  // the snapshot does not know the id.
  async explain(id) {
    const { questions, told } = this.method;
    await this.#turnTo(fileOf(id, this.method.first_ids));
    if (this.file === null) return null;
    const [score] = await this.engine.rows(questions.score, id, told.day);
    if (!score) return null;
    const points = await this.engine.rows(questions.points, id, told.day);
    const reasons = await this.engine.rows(questions.reasons, id, told.day);
    const terms = score.score === null ? [] : await this.engine.rows(questions.friends, id, told.day);
    const rule = told.rules[score.not_scored_code];
    return {
      explanation: {
        person_id: score.person_id, as_of_date: told.day, known_on: this.method.known_on,
        scorecard: score.scorecard, score: score.score, band: score.band, base: told.base,
        points: points.map((row) => only(row, ["factor", "feature", "value", "unit", "points", "max_points"])),
        reasons: reasons.map((row) => only(row, ["rank", "code", "value", "points", "max_points",
          "points_lost", "reason", "what_to_do"])),
        next_band: nextBand(score, points, terms, this.method),
        not_scored: rule ? { code: score.not_scored_code, ...rule } : null,
      },
      friends: terms.filter((row) => row.friend_id !== null),
    };
  }

  // Ids that stand around one that is not there.
  async near(id) {
    if (this.file === null) return [this.method.first_ids[0]];
    const before = await this.engine.rows("select person_id from score where person_id < ? "
      + `order by person_id desc limit ${NEIGHBOURS >> 1}`, id);
    const after = await this.engine.rows("select person_id from score where person_id > ? "
      + `order by person_id limit ${NEIGHBOURS - before.length}`, id);
    return [...before.reverse(), ...after].map((row) => row.person_id);
  }

  async #turnTo(number) {
    if (number === this.file) return;
    const bytes = number === null ? null
      : await databaseBytes(`people/${String(number).padStart(5, "0")}.duckdb.gz`);
    if (this.file !== null) await this.engine.detach("people");
    this.file = null;
    if (bytes === null) return;
    await this.engine.attach("people", bytes);
    await this.#nameTables();
    this.file = number;
  }

  // Under these names the macros look for them, in whichever file is attached.
  async #nameTables() {
    if (this.areNamed) return;
    for (const table of this.method.tables) {
      await this.engine.run(`create temp view ${table} as from people.${table}`);
    }
    this.areNamed = true;
  }
}

// The number of the last file that begins at an id or before it; null where all begin after it.
export function fileOf(id, firstIds) {
  let [low, high] = [0, firstIds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(firstIds[middle], id) <= 0) low = middle + 1;
    else high = middle;
  }
  return low ? low - 1 : null;
}

// As DuckDB sorts texts, by their UTF-8 bytes: not as `<` does beyond the basic plane.
function compare(one, other) {
  const [a, b] = [utf8.encode(one), utf8.encode(other)];
  for (let place = 0; place < Math.min(a.length, b.length); place += 1) {
    if (a[place] !== b[place]) return a[place] - b[place];
  }
  return a.length - b.length;
}

const only = (row, names) => Object.fromEntries(names.map((name) => [name, row[name]]));
