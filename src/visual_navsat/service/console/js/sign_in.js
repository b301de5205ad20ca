// The token, where the service wants one.
import {html, useState} from '../vendor/preact/preact.js';
import {Note} from './ui.js';

export function SignIn({signIn}) {
  const [error, setError] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    try {
      await signIn(new FormData(event.target).get('token'));
      location.reload();
    } catch (refused) {
      setError(refused.status === 401 ? 'This is not the token that the service was started with.' : refused.message);
    }
  };
  return html`
    <form class="sign-in" onSubmit=${submit}>
      <h2>This service wants its token</h2>
      <label class="field"><span>API_TOKEN</span>
        <input class="input" name="token" type="password" required autofocus autocomplete="current-password" /></label>
      ${error && html`<${Note} kind="bad"><p>${error}</p><//>`}
      <button class="button primary">Sign in</button>
    </form>`;
}
