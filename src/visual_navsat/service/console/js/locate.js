// Locate: a photo, what is known of it, and where it was taken, or why that is not said.
import {html, useEffect, useMemo, useRef, useState} from '../vendor/preact/preact.js';
import {imageUrl, locate, record} from './api.js';
import {FixMap} from './fix_map.js';
import {serviceMaps} from './ground_map.js';
import {LocateAnswer} from './locate_answer.js';
import {LocateForm} from './locate_form.js';
import {Empty, FileButton, Icon, Note, say, useLoaded} from './ui.js';

const UNKNOWN = {heading_deg: null, height_m: '', gsd: '', hfov_deg: '', map: null};
let remembered = UNKNOWN;  // from one visit of the view to the next

async function storedPhoto(id, signal) {
  const [facts, response] = await Promise.all([record(id, signal), fetch(imageUrl(id), {signal})]);
  return new File([await response.blob()], facts.original_filename, {type: response.headers.get('Content-Type')});
}

const NoMap = () => html`<${Empty} icon="map" title="No map is loaded"
  text="A photo is located on the index of a map. Make one with build-map, and start the service with MAPS naming its folder." />`;

export function Locate({id, dropped}) {
  const [known, setKnown] = useState(remembered);
  remembered = known;
  const [photo, setPhoto] = useState(null);
  const [answer, setAnswer] = useState(null);  // of the photo as it was asked for
  const [error, setError] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const [fade, setFade] = useState(0.75);
  const [hovered, setHovered] = useState(null);
  const abort = useRef(null);
  const maps = useLoaded(() => serviceMaps(), 'maps');
  const picture = useMemo(() => photo && URL.createObjectURL(photo), [photo]);
  useEffect(() => () => picture && URL.revokeObjectURL(picture), [picture]);

  const run = async (file, facts) => {
    abort.current?.abort();
    const {signal} = abort.current = new AbortController();
    setBusy(true);
    setError(null);
    try {
      setAnswer(await locate({file, ...facts}, signal));
    } catch (failed) {
      if (signal.aborted) return;
      setAnswer(null);
      setError(failed);
    }
    setBusy(false);
  };
  const take = (file) => {
    setPhoto(file);
    setAnswer(null);
    run(file, known);
  };
  useEffect(() => () => abort.current?.abort(), []);
  useEffect(() => { if (dropped) take(dropped); }, [dropped]);
  useEffect(() => {
    if (!id) return undefined;
    const stop = new AbortController();
    storedPhoto(id, stop.signal).then(take, (failed) => { if (!stop.signal.aborted) say(failed.message, 'warning'); });
    return () => stop.abort();
  }, [id]);

  if (maps.data && !maps.data.length) return html`<${NoMap} />`;
  return html`
    <div class="locate">
      <section class="locate-side" aria-label="Photo and answer">
        <${LocateForm} known=${known} setKnown=${setKnown} photo=${photo} picture=${picture} maps=${maps.data ?? []} isBusy=${isBusy}
          onPhoto=${take} onSubmit=${() => run(photo, known)} />
        <div class="locate-answer" aria-live="polite">
          ${maps.error && html`<${Note} kind="bad"><p>${maps.error.message}</p><button class="button lean" onClick=${maps.reload}><${Icon} name="retry" />Try again</button><//>`}
          ${error && html`<${Note} kind="bad"><p>${error.message}</p><//>`}
          ${answer && html`<${LocateAnswer} answer=${answer} fade=${fade} setFade=${setFade} onHover=${setHovered} />`}
        </div>
      </section>
      <section class="locate-map" aria-label="Map">
        <${FixMap} answer=${answer} picture=${picture} fade=${fade} hovered=${hovered} isBusy=${isBusy} />
        ${!photo && html`<div class="locate-invite"><${Icon} name="locate" /><p>Give it a photo that looks straight down, and see where it was taken.</p>
          <${FileButton} class="button primary" onFiles=${([file]) => file && take(file)}>Choose a photo<//></div>`}
      </section>
    </div>`;
}
