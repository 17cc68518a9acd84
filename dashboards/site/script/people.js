// Finds the one file that would hold a person, and reads what is published about them.

import { databaseBytes } from "./fetching.js";

const NEIGHBOURS = 9;
const utf8 = new TextEncoder();

export class People {
  // `method`: method.json, the card and the first id of each file.
  constructor(engine, method) {
    Object.assign(this, { engine, method, file: null });
  }

  // Returns a person as card.js takes them; null where the snapshot does not know the id.
  async find(id) {
    await this.#turnTo(fileOf(id, this.method.first_ids));
    if (this.file === null) return null;
    const of = (view, order = "") => this.engine.rows(`from people.${view} where person_id = ? ${order}`, id);
    const [score] = await of("score");
    if (!score) return null;
    const [[values], [points], reasons, ties] = [await of("features"), await of("points"),
      await of("reason", "order by rank"), await of("friend", "order by contact_months desc, friend_id")];
    const { features } = this.method.card;
    return {
      person_id: score.person_id,
      values: features.map((one) => values[one.feature]),
      points: points ? features.map((one) => points[one.feature]) : [],
      reasons, not_scored_code: score.not_scored_code,
      ties: ties.map((one) => [one.friend_id, one.tie_days, one.contact_months, one.friend_ppm]),
    };
  }

  // Ids next to one that does not exist.
  async near(id) {
    if (this.file === null) return [this.method.first_ids[0]];
    const before = await this.engine.rows("select person_id from people.score where person_id < ? "
      + `order by person_id desc limit ${NEIGHBOURS >> 1}`, id);
    const after = await this.engine.rows("select person_id from people.score where person_id > ? "
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
    this.file = number;
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
