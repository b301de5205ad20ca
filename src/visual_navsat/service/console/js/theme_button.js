// Light or dark: the system's, until somebody chooses.
import {html, useState} from '../vendor/preact/preact.js';
import {Icon} from './ui.js';

const isDark = () => {
  const {theme} = document.documentElement.dataset;
  return theme ? theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
};

export function ThemeButton() {
  const [dark, setDark] = useState(isDark);
  const turn = () => {
    const theme = isDark() ? 'light' : 'dark';
    document.documentElement.dataset.theme = theme;
    localStorage.setItem('theme', theme);
    setDark(theme === 'dark');
  };
  const label = dark ? 'Light theme' : 'Dark theme';
  return html`<button class="button quiet square" title=${label} aria-label=${label} onClick=${turn}><${Icon} name=${dark ? 'sun' : 'moon'} /></button>`;
}
