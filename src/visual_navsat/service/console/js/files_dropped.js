// Files that are dropped on the page, those of folders too.
const LOOKS_LIKE_IMAGE = /\.(jpe?g|png|tiff?|webp|bmp|gif|dng)$/i;

async function filesOf(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {  // a reader gives at most a hundred entries at a time
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return found.filter((file) => LOOKS_LIKE_IMAGE.test(file.name));
    for (const each of some) found.push(...await filesOf(each));
  }
}

export async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  return (await Promise.all(entries.map(filesOf))).flat();
}

/** Of a folder that was chosen: its images; what else lies in it is nobody's mistake. */
export const imagesOf = (files) => files.filter((file) => file.type.startsWith('image/') || LOOKS_LIKE_IMAGE.test(file.name));

/** Follow drags of files over the window; returns what ends it. */
export function followDrags(onHover, onFiles) {
  const abort = new AbortController();
  const listen = (name, act) => addEventListener(name, act, {signal: abort.signal});
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
  let depth = 0;
  listen('dragenter', (event) => { if (carriesFiles(event)) { depth += 1; onHover(true); } });
  listen('dragleave', (event) => { if (carriesFiles(event) && --depth <= 0) { depth = 0; onHover(false); } });
  listen('dragover', (event) => { if (carriesFiles(event)) event.preventDefault(); });
  listen('drop', async (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    onHover(false);
    onFiles(await droppedFiles(event.dataTransfer));
  });
  return () => abort.abort();
}
