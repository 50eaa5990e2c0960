// What is shown instead of a room that cannot be gone on with.

import type { EndReason } from '../room/api';
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
    title: 'You may not enter this room',
    text: 'It is open to invited people only. Ask for an invitation link.',
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

export function endedPage(reason: EndReason): HTMLElement {
  const { title, text, canRetry } = EXPLANATIONS[reason];
  const actions = element('div', { class: 'ended-actions' });
  if (canRetry) {
    const onclick = (): void => location.reload();
    actions.append(element('button', { class: 'button primary', type: 'button', onclick }, canRetry));
  }
  const home = element('a', { class: canRetry ? 'button' : 'button primary', href: '/' }, 'Go to the start page');
  actions.append(home);
  return element(
    'main',
    { class: 'ended', 'data-testid': 'ended', 'data-reason': reason },
    brandMark(),
    element('h1', {}, title),
    element('p', {}, text),
    actions,
  );
}
