// DuckDB in a worker of its own, asked one question at a time.

import { AsyncDuckDB, VoidLogger } from "../engine/duckdb-browser.mjs";

const ENGINE = new URL("../engine/", import.meta.url);
const WORKER = new URL("duckdb-browser-eh.worker.js", ENGINE).href;

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
    await Promise.race([failed,
      engine.database.instantiate(new URL("duckdb-eh.wasm", ENGINE).href)]);
    URL.revokeObjectURL(address);
    await engine.database.open({});
    engine.connection = await engine.database.connect();
    await engine.run("set autoinstall_known_extensions = false");
    await engine.run("set autoload_known_extensions = false");
    return engine;
  }

  async run(sql) {
    await this.connection.query(sql);
  }

  async rows(sql, ...values) {
    const prepared = await this.connection.prepare(sql);
    try {
      const answer = await prepared.query(...values);
      return answer.toArray().map((row) => plain(row.toJSON()));
    } finally {
      await prepared.close();
    }
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

function plain(row) {
  return Object.fromEntries(Object.entries(row).map(([name, value]) =>
    [name, typeof value === "bigint" ? Number(value) : value]));
}
