// Folders, zips and map indexes on the server that are taken in, with their progress.
import {html, useState} from '../vendor/preact/preact.js';
import {cancelImport, imports, startImport} from './api.js';
import {plural} from './format.js';
import {Icon, Meter, Note, say, useEvery} from './ui.js';

const EVERY_MS = 2000;
const BADGES = {waiting: 'warn', running: 'warn', done: 'good', failed: 'bad', cancelled: 'warn'};

function counted({added, known, failed}) {
  const parts = [plural(added, 'photo added', 'photos added')];
  if (known) parts.push(`${known} already there`);
  if (failed) parts.push(`${failed} refused`);
  return parts.join(' · ');
}

const Job = ({job, onCancel}) => html`
  <li class="import">
    <div class="import-head"><strong>${job.path}</strong><span class="badge ${BADGES[job.state]}">${job.state}</span>
      ${(job.state === 'running' || job.state === 'waiting') && html`
        <button class="button lean" onClick=${() => onCancel(job)}>Cancel</button>`}</div>
    <${Meter} share=${job.total ? job.done / job.total : 1} label="Import of ${job.path}" />
    <p class="faint small">${job.done} of ${job.total} · ${counted(job)}${job.message && ` · last refused: ${job.message}`}</p>
  </li>`;

export function Imports() {
  const [jobs, setJobs] = useState([]), [error, setError] = useState(null);
  const load = (signal) => imports(signal).then((answer) => setJobs(answer.imports), () => {});
  useEvery(EVERY_MS, load);
  const start = async (event) => {
    event.preventDefault();
    const form = event.target;
    try {
      await startImport(new FormData(form).get('path'));
      form.reset();
      setError(null);
      load();
    } catch (refused) {
      setError(refused.message);
    }
  };
  const cancel = (job) => cancelImport(job.id).then(() => load(), (refused) => say(refused.message, 'warning'));
  return html`
    <section class="panel imports" aria-label="Imports"><h2>Imports</h2>
      <form class="import-form" onSubmit=${start}>
        <label class="field"><span>Folder, zip or map index on the server</span>
          <input class="input" name="path" required placeholder="path below IMPORT_DIR" autocomplete="off" /></label>
        <button class="button"><${Icon} name="folder" />Take in</button>
      </form>
      ${error && html`<${Note} kind="bad"><p>${error}</p><//>`}
      <ul>${jobs.slice(0, 8).map((job) => html`<${Job} key=${job.id} job=${job} onCancel=${cancel} />`)}</ul>
    </section>`;
}
