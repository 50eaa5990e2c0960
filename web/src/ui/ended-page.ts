// What is shown instead of a room that cannot be gone on with.

import type { EndReason, UnsavedText } from '../room/api';
import { showConflict, showUnsaved } from './dialogs';
import { brandMark, element } from './dom';

interface Explanation {
  readonly title: string;
  readonly text: string;
  readonly canRetry?: string; // what the button says
}

const EXPLANATIONS: Record<EndReason, Explanation> = {
  'no-such-room': {
    title: 'There is no such room',
    text: 'The link may be incomplete, or the room has been removed. Ask for the link again, or open a new room.',
  },
  forbidden: {
    title: 'You have no access to this room any more',
    text: 'Somebody who manages the room can let you in again, or send you an invitation.',
    canRetry: 'Try again',
  },
  'not-authenticated': {
    title: 'This room needs an invitation',
    text: 'Open it with the invitation link that you were sent.',
  },
  'bad-message': {
    title: 'The server did not understand this page',
    text: 'It may have been updated in the meantime. Loading the page again brings the current one.',
    canRetry: 'Load again',
  },
  'too-large': {
    title: 'That was too large for the server',
    text: 'An edit was larger than the server takes. Loading the page again brings back the text that is saved.',
    canRetry: 'Load again',
  },
  elsewhere: {
    title: 'This room is open in another window',
    text: 'The session went on there. You can take it back to this window.',
    canRetry: 'Continue here',
  },
  left: {
    title: 'You have left the room',
    text: 'Everything is saved.',
    canRetry: 'Enter again',
  },
};

const NEVER_LET_IN: Explanation = {
  ...EXPLANATIONS.forbidden,
  title: 'You have no access to this room',
  text: 'Somebody who manages the room can let you in, or send you an invitation.',
};

export interface EndedParts {
  readonly hasBeenIn: boolean;
  readonly unsaved: readonly UnsavedText[];
  /** Signing in may help. */
  readonly onSignIn?: () => void;
}

export function endedPage(reason: EndReason, { hasBeenIn, unsaved, onSignIn }: EndedParts): HTMLElement {
  const isNews = reason !== 'forbidden' || hasBeenIn;
  const { title, text, canRetry } = isNews ? EXPLANATIONS[reason] : NEVER_LET_IN;
  const actions = element('div', { class: 'ended-actions' });
  if (canRetry) {
    const onclick = (): void => location.reload();
    actions.append(element('button', { class: 'button primary', type: 'button', onclick }, canRetry));
  }
  if (onSignIn) {
    const attributes = { class: 'button primary', type: 'button', onclick: onSignIn };
    actions.append(element('button', attributes, 'Sign in'));
  }
  const look = canRetry || onSignIn ? 'button' : 'button primary';
  const home = element('a', { class: look, href: '/' }, 'Go to the start page');
  actions.append(home);
  return element(
    'main',
    { class: 'ended', 'data-testid': 'ended', 'data-reason': reason },
    brandMark(),
    element('h1', {}, title),
    element('p', {}, text),
    actions,
    ...(reason === 'elsewhere' ? [] : unsavedTexts(reason, unsaved)), // there it is kept for this window
  );
}

/** What cannot be saved any more is there to be copied. */
function unsavedTexts(reason: EndReason, unsaved: readonly UnsavedText[]): HTMLElement[] {
  if (unsaved.length === 0) return [];
  const show = ({ file, text }: UnsavedText): void =>
    showConflict(file, text, reason === 'forbidden' ? 'forbidden' : 'refused');
  return [element('p', { role: 'alert' }, 'Your last edits are not saved:'), textButtons('Your text of', unsaved, show)];
}

function textButtons(label: string, unsaved: readonly UnsavedText[], show: (one: UnsavedText) => void): HTMLElement {
  const buttons = unsaved.map((one) =>
    element('button', { class: 'button small', type: 'button', onclick: () => show(one) }, `${label} ${one.file}`),
  );
  return element('div', { class: 'ended-actions' }, ...buttons);
}

export interface AnotherPersonParts {
  readonly former: string; // names
  readonly now: string;
  readonly unsaved: readonly UnsavedText[];
  readonly onEnter: () => void;
}

/** In place of a room in which one has typed and another has signed in. */
export function anotherPersonPage({ former, now, unsaved, onEnter }: AnotherPersonParts): HTMLElement {
  const kept = `This tab keeps them for ${former} until it is closed.`;
  const why = `${former} typed this, and it was not sent under the name of ${now}:`;
  const attributes = { class: 'button primary', type: 'button', onclick: onEnter };
  return element(
    'main',
    { class: 'ended', 'data-testid': 'ended', 'data-reason': 'another-person' },
    brandMark(),
    element('h1', {}, `You are ${now} now`),
    element('p', { role: 'alert' }, `The last edits of ${former} were not sent: they would have gone out under your name. ${kept}`),
    textButtons('Copy or save', unsaved, ({ file, text }) => showUnsaved(file, text, why)),
    element('div', { class: 'ended-actions' }, element('button', attributes, `Enter as ${now}`)),
  );
}
