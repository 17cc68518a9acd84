// DuckDB in a worker of its own; one query at a time.

import { AsyncDuckDB, VoidLogger } from "../engine/duckdb-browser.mjs";
import { fetched } from "./fetching.js";

const ENGINE = new URL("../engine/", import.meta.url);
const WORKER = new URL("duckdb-browser-eh.worker.js", ENGINE).href;
const MODULE = new URL("duckdb-eh.wasm", ENGINE).href;

export class Engine {
  static async start() {
    // From a blob, the worker is under this page's content security policy; from its address it
    // would be under none.
    const begin = new Blob([`importScripts(${JSON.stringify(WORKER)});`], { type: "text/javascript" });
    const address = URL.createObjectURL(begin);
    const engine = new Engine();
    const worker = new Worker(address);
    engine.database = new AsyncDuckDB(new VoidLogger(), worker);
    const failed = new Promise((_, reject) => worker.addEventListener("error", (event) =>
      reject(new Error(`the engine did not start (${event.message ?? "its script did not load"})`))));
    // Where this file is missing, the engine waits for ever.
    await Promise.race([failed, Promise.all([engine.database.instantiate(MODULE),
      fetched(MODULE, { method: "HEAD" })])]);
    URL.revokeObjectURL(address);
    await engine.database.open({});
    engine.connection = await engine.database.connect();
    await engine.run("set autoinstall_known_extensions = false");
    await engine.run("set autoload_known_extensions = false");
    await engine.run("pragma disable_optimizer"); // takes longer than it saves on 1,000 people
    return engine;
  }

  async run(sql) {
    await this.connection.query(sql);
  }

  // Values are written into the SQL: a prepared statement would be planned twice, and planning is
  // most of what a lookup takes.
  async rows(sql, ...values) {
    const [first, ...rest] = sql.split("?");
    const asked = rest.reduce((text, part, place) => text + literal(values[place]) + part, first);
    const answer = await this.connection.query(asked);
    return answer.toArray().map((row) => plain(row.toJSON()));
  }

  async attach(name, bytes) {
    await this.database.registerFileBuffer(`${name}.duckdb`, bytes);
    await this.run(`attach '${name}.duckdb' as ${name} (read_only)`);
  }

  async detach(name) {
    await this.run(`detach ${name}`);
    await this.database.dropFile(`${name}.duckdb`);
  }
}

// DuckDB knows no escapes in a text but the doubled quote.
const literal = (text) => `'${text.replaceAll("'", "''")}'`;

function plain(row) {
  return Object.fromEntries(Object.entries(row).map(([name, value]) =>
    [name, typeof value === "bigint" ? Number(value) : value]));
}
