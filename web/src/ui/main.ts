// The app starts here: one page for a few addresses. The editor is loaded only
// where there is one.

import './styles/base.css';
import './styles/landing.css';
import './styles/account.css';
import './styles/share.css';
import './styles/room.css';
import './styles/panels.css';
import './styles/ai.css';
import './styles/narrow.css';
import { browserPlace, roomInvite, signUpInvite, takeFailedSignIn } from '../account/invite-link';
import { accounts } from './accounts';
import { homeContent } from './home-page';
import { showLanding } from './landing';
import { meContent } from './me-page';
import { showSignedIn, unreachablePage, type SignedInPage } from './page-frame';
import { failedSignIn } from './sign-in';
import { teamContent } from './team-page';
import { applyTheme } from './theme';

const ROOM_PATH = /^\/r\/([^/]+)\/?$/;

const PAGES = new Map<string, SignedInPage>([
  ['/', { title: 'My rooms', content: homeContent }],
  ['/me', { title: 'My account', content: meContent }],
  ['/team', { title: 'Team', content: teamContent }],
]);

async function showPage(app: HTMLElement): Promise<void> {
  signUpInvite(browserPlace()); // out of the address bar; the form finds it again
  const hasFailed = takeFailedSignIn(browserPlace());
  const path = location.pathname.replace(/(.)\/$/, '$1');
  if (path === '/docs') return (await import('./docs-page')).showDocs(app);
  const page = PAGES.get(path);
  const server = await accounts.server();
  if (server.mode === 'accounts' && page) await showSignedIn(app, page, hasFailed ? failedSignIn(server) : undefined);
  else showLanding(app);
}

/** The editor is on its way while the server is asked who this is. */
async function enterRoom(app: HTMLElement, roomId: string): Promise<void> {
  const invite = roomInvite(browserPlace(), roomId); // at once: it stands in the address bar
  const roomPage = import('./room-page');
  const [server, account] = await Promise.all([accounts.server(), accounts.account()]);
  (await roomPage).showRoom(app, roomId, { server, account, invite });
}

applyTheme();
const app = document.getElementById('app') as HTMLElement;
const roomId = ROOM_PATH.exec(location.pathname)?.[1];
try {
  await (roomId === undefined ? showPage(app) : enterRoom(app, decodeURIComponent(roomId)));
} catch (error) {
  app.replaceChildren(unreachablePage(error));
}
