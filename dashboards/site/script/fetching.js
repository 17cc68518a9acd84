// Fetches files of this site whole; an error names its file.

const HINT = "Copy the whole site to its host again.";

export async function fetched(address, options = {}) {
  let answer;
  try {
    answer = await fetch(address, options);
  } catch (error) {
    throw new Error(`${named(address)} cannot be reached (${error.message}). Is the host still there?`);
  }
  if (!answer.ok) throw new Error(`${named(address)} is missing: HTTP ${answer.status}. ${HINT}`);
  return answer;
}

export async function databaseBytes(address) {
  const answer = await fetched(address);
  try {
    const bytes = await unpacked(new Uint8Array(await answer.arrayBuffer()));
    if (new TextDecoder().decode(bytes.subarray(8, 12)) !== "DUCK") throw new Error("no database");
    return bytes;
  } catch (error) {
    throw new Error(`${named(address)} is damaged or was cut short (${error.message}). ${HINT}`);
  }
}

async function unpacked(bytes) {
  // Some hosts declare .gz files as packed for the way, and the browser has unpacked them already.
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const named = (address) => decodeURIComponent(new URL(address, document.baseURI).pathname);
