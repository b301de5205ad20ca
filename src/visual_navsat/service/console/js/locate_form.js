// What is known of the photo that is to be located; all of it optional.
import {html} from '../vendor/preact/preact.js';
import {HeadingKnob} from './heading_knob.js';
import {Icon, FileButton} from './ui.js';

const NUMBERS = [
  ['height_m', 'Height', 'm', 'above ground'],
  ['gsd', 'GSD', 'm/px', 'ground per pixel'],
  ['hfov_deg', 'View angle', '°', 'across the width'],
];

const NumberField = ({name, label, unit, hint, value, onInput}) => html`
  <label class="field"><span>${label}</span>
    <span class="with-unit"><input class="input" type="number" name=${name} inputmode="decimal" step="any" min="0" value=${value ?? ''} placeholder="–" onInput=${onInput} /><em>${unit}</em></span>
    <small>${hint}</small></label>`;

export function LocateForm({known, setKnown, photo, picture, maps, isBusy, onPhoto, onSubmit}) {
  const set = (values) => setKnown((old) => ({...old, ...values}));
  const submit = (event) => { event.preventDefault(); onSubmit(); };
  const headingInput = (event) => set({heading_deg: event.target.value === '' ? null : Number(event.target.value)});
  return html`
    <form class="locate-form" onSubmit=${submit} aria-label="What is known of the photo">
      <div class="locate-photo">
        <div><strong>${photo ? photo.name : 'No photo yet'}</strong>
          <span class="faint small">${photo ? 'Its EXIF and XMP are used where you leave a field empty.' : 'Drop one anywhere on this page.'}</span></div>
        <${FileButton} class="button lean ${photo ? '' : 'primary'}" onFiles=${([file]) => file && onPhoto(file)}>${photo ? 'Another' : 'Choose a photo'}<//>
      </div>
      <div class="heading">
        <${HeadingKnob} heading=${known.heading_deg === null ? null : Math.round(known.heading_deg)} picture=${picture} onChange=${(degrees) => set({heading_deg: degrees})} />
        <div class="heading-side">
          <label class="field"><span>Heading</span>
            <span class="with-unit"><input class="input" type="number" name="heading_deg" min="-360" max="360" step="any" placeholder="unknown" value=${known.heading_deg ?? ''} onInput=${headingInput} /><em>°</em></span></label>
          <button type="button" class="button lean" aria-pressed=${String(known.heading_deg === null)} onClick=${() => set({heading_deg: null})}>Unknown</button>
          <p class="faint small">Turn the dial until the photo lies as the ground does.</p>
        </div>
      </div>
      <div class="numbers">
        ${NUMBERS.map(([name, label, unit, hint]) => html`<${NumberField} name=${name} label=${label} unit=${unit} hint=${hint} value=${known[name]} onInput=${(event) => set({[name]: event.target.value})} />`)}
      </div>
      ${maps.length > 1 && html`<label class="field"><span>Map</span>
        <select class="input" name="map" value=${known.map ?? maps[0].name} onChange=${(event) => set({map: event.target.value})}>
          ${maps.map(({name}) => html`<option value=${name}>${name}</option>`)}</select></label>`}
      <button class="button primary wide" disabled=${!photo || isBusy}>${isBusy ? html`<span class="spinner" />Locating…` : html`<${Icon} name="locate" />Locate`}</button>
    </form>`;
}
